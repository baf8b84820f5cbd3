export * from './types'
export { loadConfig } from './config'
export { Problem, isProblem, toProblem, type ClientCode, type ProblemBody } from './problem'
export {
  call,
  del,
  get,
  idempotencyKey,
  onUnauthorized,
  post,
  randomId,
  withQuery,
  type Answer,
  type CallOptions,
  type Query,
} from './client'

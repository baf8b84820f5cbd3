export * from './types'
export { loadConfig } from './config'
export { Problem, isProblem, toProblem, type ClientCode, type ProblemBody } from './problem'
export {
  call,
  del,
  get,
  idempotencyKey,
  onStepUp,
  onUnauthorized,
  patch,
  post,
  randomId,
  withQuery,
  type Answer,
  type CallOptions,
  type Query,
  type StepUp,
} from './client'

/** A local path to return to after sign-in; anything that could leave this site becomes the home page. */
export function safeReturn(wish: unknown): string {
  if (typeof wish !== 'string' || !wish.startsWith('/')) return '/'
  if (wish.startsWith('//') || wish.includes('\\')) return '/'
  return wish.startsWith('/signin') ? '/' : wish
}

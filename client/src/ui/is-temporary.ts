/** The same may succeed later, as far as this tells. */
export function isTemporary(error: unknown): boolean {
  return error instanceof Object && 'temporary' in error ? error.temporary === true : true
}

import { z } from 'zod'

/** A function as V8 names it. */
export const callFrame = z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() })
export type CallFrame = z.infer<typeof callFrame>

/** Whose code it is. */
export type Origin = 'own' | 'package' | 'node' | 'native' | 'idle'

export interface Place {
  readonly name: string
  /** File and line; the file alone would not tell two functions without a name apart. */
  readonly where: string
  /** The file of our own, the package, or what V8 calls it. */
  readonly owner: string
  readonly origin: Origin
}

const IDLE = '(idle)'

export function placeOf({ functionName, url, lineNumber }: CallFrame): Place {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') {
    // What V8 does itself is in brackets: "(garbage collector)", "(program)".
    const owner = name.startsWith('(') && functionName !== '' ? name : '(native)'
    return { name, where: owner, owner, origin: name === IDLE ? 'idle' : 'native' }
  }
  if (url.startsWith('node:'))
    return { name, where: `${url}:${lineNumber + 1}`, owner: 'node', origin: 'node' }
  const packaged = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)(.*)$/.exec(url)
  if (packaged !== null) {
    const [, owner = '', rest = ''] = packaged
    return { name, where: `${owner}${rest}:${lineNumber + 1}`, owner, origin: 'package' }
  }
  const path = url.replace(/^.*\/dist\//, '').replace(/^file:\/\//, '')
  return { name, where: `${path}:${lineNumber + 1}`, owner: path, origin: 'own' }
}

/** What was counted by place, the most first; `keyOf` says what counts as one. */
export function ranked(
  entries: Iterable<readonly [Place, number]>,
  keyOf: (place: Place) => string,
): { readonly key: string; readonly sum: number }[] {
  const sums = new Map<string, number>()
  for (const [place, value] of entries) sums.set(keyOf(place), (sums.get(keyOf(place)) ?? 0) + value)
  return [...sums].map(([key, sum]) => ({ key, sum })).sort((one, other) => other.sum - one.sum)
}

export const byFunction = ({ name, where }: Place) => (name === where ? name : `${name}  ${where}`)
export const byOwner = ({ owner }: Place) => owner

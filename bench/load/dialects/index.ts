import type { Dialect } from './dialect.js'
import { parley } from './parley.js'
import { seed } from './seed.js'

export const dialects = { parley, seed } satisfies Record<string, Dialect>
export type DialectName = keyof typeof dialects

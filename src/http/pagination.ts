import { z } from 'zod'
import { ParleyError } from '../protocol/errors.js'
import { PAGE_LIMIT } from '../protocol/limits.js'

/** Pages of lists (CONTRACT.md section 5): newest first, one way of asking at a time. */

export const limitOf = (normal: number) =>
  z.coerce.number().int().min(1).max(PAGE_LIMIT).default(normal).describe('entries of a page')

export const page = z.coerce.number().int().min(1).max(1_000_000_000).optional()

export const seqParam = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)

/** The list that a route answers, with where it stands. */
export function listOf<Entry extends z.ZodType>(entry: Entry) {
  return z.object({
    data: z.array(entry),
    pagination: z.object({
      page: z.int().nullable().describe('null when the page was not asked for by its number'),
      limit: z.int(),
      total: z.int(),
      nextCursor: z.string().nullable().describe('`cursor` of the next page; null on the last one'),
    }),
  })
}

/** @throws ParleyError `bad_request` when more than one of `page`, `cursor`, `before` and `after` is given */
export function checkOneWay(query: Readonly<Record<string, unknown>>): void {
  const ways = ['page', 'cursor', 'before', 'after'].filter((way) => query[way] !== undefined)
  if (ways.length > 1) throw new ParleyError('bad_request', `only one of ${ways.join(', ')} at a time`)
}

/** A cursor is opaque to clients: JSON in base64url. */
export function encodeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** @throws ParleyError `bad_request` for a cursor that this service did not make */
export function decodeCursor<Value extends z.ZodType>(schema: Value, cursor: string): z.infer<Value> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch {
    throw new ParleyError('bad_request', 'cursor: not one of ours')
  }
}

import { z } from 'zod'
import { FULL_NAME_LENGTH, ID_LENGTH, METADATA_BYTES, METADATA_DEPTH, SUBJECT_LENGTH } from './limits.js'

/** Text that every part of the road can carry: Postgres refuses NUL, UTF-8 has no lone surrogates. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

const UNCLEAN = 'must not contain NUL or lone surrogates'

export const cleanText = z.string().refine(isCleanText, UNCLEAN)

/** An opaque id of a user, a chat, an order or a client's message. */
export const id = z.string().min(1).max(ID_LENGTH).refine(isCleanText, UNCLEAN)

export const fullName = z.string().trim().min(1).max(FULL_NAME_LENGTH).refine(isCleanText, UNCLEAN)

export const subject = z.string().min(1).max(SUBJECT_LENGTH).refine(isCleanText, UNCLEAN)

/** A free JSON object of the marketplace's: bounded in bytes and depth, its text clean. */
export const metadata = z
  .record(z.string(), z.unknown())
  .refine(
    isStorableJson,
    `must be JSON of at most ${METADATA_BYTES} bytes, ${METADATA_DEPTH} deep, of clean text`,
  )

/** Walks without recursion, so that a hostile depth ends the walk and not the stack. */
function isStorableJson(root: unknown): boolean {
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > METADATA_DEPTH) return false
    const next: unknown[] = []
    for (const value of level) {
      if (typeof value === 'string' && !isCleanText(value)) return false
      if (typeof value !== 'object' || value === null) continue
      if (!Array.isArray(value) && !Object.keys(value).every(isCleanText)) return false
      for (const inner of Object.values(value)) next.push(inner)
    }
    level = next
  }
  return Buffer.byteLength(JSON.stringify(root)) <= METADATA_BYTES
}

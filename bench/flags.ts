import { parseArgs } from 'node:util'
import { z } from 'zod'

/** How all benches read their flags. */

export const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most)

/**
 * The flags as they were given; `switches` are those without a value.
 * @throws Error with one line that says what flags there are
 */
export function readFlags(
  args: readonly string[],
  flags: readonly z.ZodObject[],
  switches: readonly string[] = [],
): Record<string, unknown> {
  const names = [...new Set(flags.flatMap(({ shape }) => Object.keys(shape)))]
  const options = Object.fromEntries(
    names.map((name) => [name, { type: switches.includes(name) ? 'boolean' : 'string' } as const]),
  )
  try {
    return { ...parseArgs({ args: [...args], options }).values }
  } catch {
    const list = (some: readonly string[]) => some.map((name) => `--${name}`).join(' ')
    const valued = names.filter((name) => !switches.includes(name))
    throw new Error(
      `the flags are ${list(valued)}, each with a value${switches.length > 0 ? `; ${list(switches)}, without` : ''}`,
    )
  }
}

/** @throws Error with one line that says which flag is wrong */
export function checkFlags<Flags extends z.ZodObject>(flags: Flags, given: object): z.infer<Flags> {
  const parsed = flags.safeParse(given)
  if (parsed.success) return parsed.data
  throw new Error(
    parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`).join('; '),
  )
}

/** Several numbers, separated by commas. */
export const numberList = (least: number, most: number) =>
  z
    .string()
    .transform((list) => list.split(',').map(Number))
    .pipe(z.array(z.number().min(least).max(most)))

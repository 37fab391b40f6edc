import { parseArgs } from 'node:util'
import { z } from 'zod'

/** What every scenario may be told. */
export const commonFlags = z.object({
  /** Folder of the report and of everybody's logs; absent: a temporary one. */
  out: z.string().optional(),
  /** The `main.js` that the nodes run. */
  entry: z.string().default('dist/main.js'),
})

export const count = (least: number, most: number) => z.coerce.number().int().min(least).max(most)

/** The flags as they were given. @throws Error with one line that says what flags there are */
export function readFlags(args: readonly string[], flags: readonly z.ZodObject[]): object {
  const names = flags.flatMap(({ shape }) => Object.keys(shape))
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]))
  try {
    return parseArgs({ args: [...args], options }).values
  } catch {
    throw new Error(`the flags are ${names.map((name) => `--${name}`).join(' ')}, each with a value`)
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

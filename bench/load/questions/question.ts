import type { z } from 'zod'
import type { Engines } from '../../engines/engines.js'
import { checkFlags } from '../../flags.js'
import type { Outcome } from '../../report/outcome.js'
import type { Progress } from '../../report/progress.js'
import type { System } from '../systems/system.js'

/** What a question is asked with. */
export interface Asked {
  readonly engines: Engines
  /** Those that it is put to, Parley first; the peers are among them with `--peers` alone. */
  readonly systems: readonly System[]
  /** How often each is measured: medians are told. */
  readonly runs: number
  /** The `main.js` of Parley. */
  readonly entry: string
  readonly progress: Progress
}

export interface Answer extends Outcome {
  /** Promises that were broken, a line each: lost, doubled, out of order. A target that is missed is none. */
  readonly broken: readonly string[]
}

/** `full`: asked alone; `together`: as one of all questions; `quick`: to see that it runs. */
export type Size = 'full' | 'together' | 'quick'

/** A question whose flags have been read. */
export interface Plan {
  readonly name: string
  readonly title: string
  readonly options: object
  run(asked: Asked): Promise<Answer>
}

export interface Question {
  readonly name: string
  readonly title: string
  /** Asked by its name alone, never as one of all. */
  readonly isApart: boolean
  readonly flags: z.ZodObject
  /** @throws Error with one line that says which flag is wrong */
  plan(given: object, size: Size): Plan
}

export interface QuestionOptions<Flags extends z.ZodObject> {
  readonly name: string
  readonly title: string
  readonly isApart?: boolean
  /** Each with its default, that of the full size. `seconds` may be given for all questions at once. */
  readonly flags: Flags
  /** What is otherwise when all questions are asked, and with `--quick`; what is given stands above both. */
  readonly together?: Partial<z.input<Flags>>
  readonly quick: Partial<z.input<Flags>>
  run(asked: Asked, options: z.infer<Flags>): Promise<Omit<Answer, 'title'>>
}

export function createQuestion<Flags extends z.ZodObject>(question: QuestionOptions<Flags>): Question {
  const { name, title, isApart = false, flags, together, quick, run } = question
  const sizes = { full: {}, together: together ?? {}, quick }
  return {
    ...{ name, title, isApart, flags },
    plan(given, size) {
      const options = checkFlags(flags, { ...sizes[size], ...given })
      return {
        ...{ name, title, options },
        run: async (asked) => ({ title, ...(await run(asked, options)) }),
      }
    },
  }
}

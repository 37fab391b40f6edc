import { z } from 'zod'
import type { Engines } from '../engines/engines.js'
import { checkFlags, readFlags } from '../flags.js'
import type { Outcome } from '../report/outcome.js'

/** What every scenario may be told. */
const commonFlags = z.object({
  /** Folder of the report and of everybody's logs; absent: a temporary one. */
  out: z.string().optional(),
  /** The `main.js` that the nodes run. */
  entry: z.string().default('dist/main.js'),
})

/** What a scenario runs on. */
export interface Stage {
  readonly engines: Engines
  readonly print: (line: string) => void
}

/** A scenario whose flags have been read. */
export interface Plan extends z.infer<typeof commonFlags> {
  readonly options: object
  run(stage: Stage): Promise<Outcome>
}

export interface Scenario {
  /** @throws Error with one line that says which flag is wrong, or what there is */
  plan(args: readonly string[]): Plan
}

export function createScenario<Flags extends z.ZodObject>(
  flags: Flags,
  run: (stage: Stage, options: z.infer<Flags>) => Promise<Outcome>,
): Scenario {
  return {
    plan(args) {
      const given = readFlags(args, [flags, commonFlags])
      const options = checkFlags(flags, given)
      return { ...checkFlags(commonFlags, given), options, run: (stage) => run(stage, options) }
    },
  }
}

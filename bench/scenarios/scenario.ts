import type { z } from 'zod'
import type { Engines } from '../engines/engines.js'
import { checkFlags, commonFlags, readFlags } from './options.js'
import type { Plot } from './report/plot.js'

/** What a scenario runs on. */
export interface Stage {
  readonly engines: Engines
  readonly print: (line: string) => void
}

export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

export interface Target {
  readonly text: string
  readonly measured: string
  readonly isMet: boolean
}

/** What came of it: for people in tables and a plot, for programs in `figures`. */
export interface Outcome {
  readonly title: string
  readonly setting: string
  readonly targets: readonly Target[]
  readonly tables: readonly Table[]
  readonly plot: Plot
  readonly figures: object
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

import type { Engines } from '../engines/engines.js'
import { toLines } from '../report/lines.js'
import type { Progress } from '../report/progress.js'
import type { Options } from './options.js'
import type { Answer, Plan } from './questions/question.js'
import { createParley } from './systems/parley.js'
import type { System } from './systems/system.js'

export interface Answered {
  readonly plan: Plan
  readonly answer: Answer
}

export interface RunOptions {
  readonly options: Options
  readonly engines: Engines
  readonly peers: readonly System[]
  readonly progress: Progress
}

/** Asks all questions of the run, one after the other. One that fails is no reason not to ask the next. */
export async function askAll({ options, engines, peers, progress }: RunOptions) {
  const { plans, entry, runs } = options
  const systems = [createParley(entry), ...peers]
  const answered: Answered[] = []
  const failed: string[] = []
  for (const [index, plan] of plans.entries()) {
    progress.say(`\n${index + 1} of ${plans.length}: ${plan.title}`)
    try {
      const answer = await plan.run({ engines, systems, runs, entry, progress })
      answered.push({ plan, answer })
      for (const line of toLines(answer)) progress.say(line)
    } catch (error) {
      failed.push(`${plan.name}: ${error instanceof Error ? error.message : String(error)}`)
      progress.say(`FAILED  ${error instanceof Error ? error.stack : String(error)}`)
    }
  }
  return { answered, failed, broken: answered.flatMap(({ answer }) => answer.broken) }
}

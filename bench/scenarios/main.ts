import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startEngines } from '../engines/engines.js'
import { readEnvironment } from '../engines/environment.js'
import { toLines } from '../report/lines.js'
import { describeRun } from '../report/machine.js'
import { writeReport } from '../report/report.js'
import { crash } from './crash.js'
import { deploy } from './deploy.js'
import { redisAway } from './redis-away.js'
import type { Plan, Scenario } from './scenario.js'
import { scrolling } from './scrolling.js'

/** The process: engines from scripts/scenario.mjs, a scenario and its flags from whoever runs it; exit code 1 where a target is missed. */

const scenarios: Readonly<Record<string, Scenario>> = {
  'redis-away': redisAway,
  crash,
  deploy,
  scrolling,
}

// What it has started ends with it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(130))

const [name = '', ...args] = process.argv.slice(2)
const plan = readPlan()
if (plan !== undefined) process.exit((await carryOut(plan)) ? 0 : 1)

/** Gives whether all targets are met. */
async function carryOut({ out: given, entry, options, run }: Plan): Promise<boolean> {
  const out = resolve(given ?? (await mkdtemp(join(tmpdir(), `parley-${name}-`))))
  const folder = join(out, 'logs')
  await mkdir(folder, { recursive: true })
  const engines = await startEngines({ ...readEnvironment(process.env), entry: resolve(entry), folder })
  const outcome = await run({ engines, print: say }).finally(engines.end)
  const described = await describeRun(`npm run scenario -- ${[name, ...args].join(' ')}`)
  const { title, setting, targets, figures } = outcome
  const notes = ['The nodes, Postgres, Redis and all clients share the machine.']
  const files = await writeReport(
    name,
    out,
    { title, run: described, outcomes: [outcome], notes },
    { run: described, options, setting, targets, figures },
  )
  for (const line of [...toLines(outcome), '', ...files]) say(line)
  return outcome.targets.every(({ isMet }) => isMet)
}

function readPlan(): Plan | undefined {
  try {
    const scenario = scenarios[name]
    if (scenario === undefined) throw new Error(`the scenarios are ${Object.keys(scenarios).join(', ')}`)
    return scenario.plan(args)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
    return undefined
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

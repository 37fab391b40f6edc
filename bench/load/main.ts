import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startEngines } from '../engines/engines.js'
import { readEnvironment } from '../engines/environment.js'
import { describeVersions } from '../engines/versions.js'
import { describeRun } from '../report/machine.js'
import { createProgress } from '../report/progress.js'
import { writeReport } from '../report/report.js'
import { NOTES } from './notes.js'
import { type Options, parseOptions } from './options.js'
import { questions } from './questions/index.js'
import { askAll } from './run.js'
import { peers } from './systems/index.js'

/** The process: engines from scripts/load.mjs, questions and flags from whoever runs it; exit code 1 where a promise was broken, or a question could not be answered. */

// What it has started ends with it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(130))

const args = process.argv.slice(2)
const progress = createProgress(process.stdout)
const options = readOptions()
if (options !== undefined) process.exit((await carryOut(options)) ? 0 : 1)

/** Gives whether every question was answered, and no promise broken. */
async function carryOut(options: Options): Promise<boolean> {
  const out = resolve(options.out ?? (await mkdtemp(join(tmpdir(), 'parley-load-'))))
  const folder = join(out, 'logs')
  await mkdir(folder, { recursive: true })
  const entry = resolve(options.entry)
  const engines = await startEngines({ ...readEnvironment(process.env), entry, folder })
  const versions = await describeVersions(engines)
  const beside = options.peers ? peers() : []
  const { answered, failed, broken } = await askAll({
    ...{ options: { ...options, entry }, engines, peers: beside, progress },
  }).finally(engines.end)

  const described = await describeRun(`npm run bench -- ${args.join(' ')}`)
  const run = { ...described, versions }
  const files = await writeReport(
    'load',
    out,
    {
      title: 'Parley under load',
      run: { ...run, settings: settingsOf(options) },
      outcomes: answered.map(({ answer }) => answer),
      notes: NOTES,
    },
    {
      ...{ run, failed, broken },
      questions: answered.map(({ plan: { name, options }, answer: { setting, targets, figures } }) => ({
        ...{ name, options, setting, targets, figures },
      })),
    },
  )
  summarise(answered.flatMap(({ answer }) => answer.targets))
  for (const line of [...broken.map((one) => `BROKEN  ${one}`), ...failed.map((one) => `FAILED  ${one}`)])
    progress.say(line)
  for (const file of files) progress.say(file)
  return broken.length + failed.length === 0
}

/** Missed targets are said, and no failure: the machine may be a small one. */
function summarise(
  targets: readonly { readonly text: string; readonly isMet: boolean; readonly measured: string }[],
) {
  const missed = targets.filter(({ isMet }) => !isMet)
  progress.say(`\n${targets.length - missed.length} of ${targets.length} targets met`)
  for (const { text, measured } of missed) progress.say(`MISSED  ${text}: ${measured}`)
}

function settingsOf({ plans, runs }: Options): string {
  const list = plans.map(({ name, options }) => `${name} ${JSON.stringify(options)}`)
  return `medians of ${runs} ${runs === 1 ? 'run' : 'runs'}; ${list.join('; ')}`
}

function readOptions(): Options | undefined {
  try {
    return parseOptions(args, questions)
  } catch (error) {
    progress.say(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
    return undefined
  }
}

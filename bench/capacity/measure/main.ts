import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { startEngines } from '../../engines/engines.js'
import { readEnvironment } from '../../engines/environment.js'
import { describeVersions } from '../../engines/versions.js'
import { checkFlags, readFlags } from '../../flags.js'
import { describeRun } from '../../report/machine.js'
import { deriveCosts } from '../costs/derive.js'
import { measureFanOut } from './fan-out.js'
import { measureFrames } from './frames.js'
import { measureKernel } from './kernel.js'
import { measureSessions } from './sessions.js'
import { measureTables } from './tables.js'

/** The process: measures what the other benches do not, writes it as a report, and derives all costs from all reports anew. */

const flags = z.object({
  /** Said on the command line: without it this program does not run. */
  measure: z.literal(true),
  /** One of the two reports alone: what a busy machine does not change, or what it does. */
  only: z.enum(['bytes', 'work']).optional(),
  /** Where the reports go. */
  out: z.string().default('docs/reports/capacity'),
  /** The `main.js` that the nodes run. */
  entry: z.string().default('dist/main.js'),
})

// What it has started ends with it.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => process.exit(130))

const args = process.argv.slice(2)
process.exit(await carryOut())

async function carryOut(): Promise<number> {
  let options: z.infer<typeof flags>
  try {
    options = checkFlags(flags, readFlags(args, [flags], ['measure']))
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return 2
  }
  const folder = await mkdtemp(join(tmpdir(), 'parley-capacity-'))
  const engines = await startEngines({
    ...readEnvironment(process.env),
    ...{ entry: resolve(options.entry), folder },
  })
  try {
    const run = {
      ...(await describeRun(`npm run capacity -- ${args.join(' ')}`)),
      versions: await describeVersions(engines),
    }
    await mkdir(options.out, { recursive: true })
    const write = async (name: string, figures: object) => {
      const file = join(options.out, `${name}.json`)
      await writeFile(file, `${JSON.stringify({ run, ...figures }, null, 1)}\n`)
      say(file)
    }
    if (options.only !== 'work')
      await write('bytes', {
        frames: await measureFrames(engines, say),
        tables: await measureTables(engines, say),
        kernel: await measureKernel(),
      })
    if (options.only !== 'bytes') {
      const [before] = loadavg()
      const sessions = await measureSessions(engines, say)
      const fanOut = await measureFanOut(engines, say)
      /** How much else the machine had to do: its mean of the minute before, and of the last one. */
      const load = { before, after: loadavg()[0] }
      await write('work', { load, sessions, fanOut })
    }
    if (options.out === flags.shape.out.parse(undefined)) say(await deriveCosts())
    return 0
  } finally {
    await engines.end()
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

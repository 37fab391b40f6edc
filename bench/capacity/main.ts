import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { toLines } from '../report/lines.js'
import { describeRun } from '../report/machine.js'
import { writeReport } from '../report/report.js'
import { answer, NOTES } from './answer.js'
import { readCosts } from './costs/costs.js'
import { writePage } from './docs.js'
import { type Options, parseOptions } from './options.js'

/** The process: a product by its flags, what it needs as tables, JSON or a page; exit code 2 for what cannot be answered. */

const args = process.argv.slice(2)

try {
  if (args.join() === '--docs') say(await writePage(await readCosts()))
  else await carryOut(parseOptions(args))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}

async function carryOut(options: Options): Promise<void> {
  const { outcomes, data } = await answer(await readCosts(), options)
  const run = await describeRun(`npm run capacity -- ${args.join(' ')}`)
  if (options.json) say(JSON.stringify({ run, ...data }, null, 1))
  else for (const outcome of outcomes) for (const line of toLines(outcome)) say(line)
  if (options.out === undefined) return
  const out = resolve(options.out)
  await mkdir(out, { recursive: true })
  const page = {
    title: `Capacity for ${options.product.users.toLocaleString('en-GB')} users`,
    run,
    outcomes,
    notes: NOTES,
  }
  const files = await writeReport('capacity', out, page, { run, ...data })
  if (!options.json) for (const file of files) say(file)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

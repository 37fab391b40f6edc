import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Table } from '../report/outcome.js'
import type { CostFile } from './costs/costs.js'
import { skewTables } from './figures/skews.js'
import { comparedTable, stormTable } from './figures/storms.js'
import { costTables, limitTable, sectionTable } from './figures/tables.js'
import { estimate } from './model/estimate.js'
import { type Options, parseOptions } from './options.js'
import { skewsOf } from './simulate/skews.js'
import { compareWithMeasured, stormsOf } from './simulate/storms.js'

/**
 * The page about scaling has this program's own answers in it: each between a comment that names the command and what of
 * its answer is shown, and one that ends it. `npm run capacity -- --docs` writes them anew; a test holds them equal.
 */
const PAGE = fileURLToPath(new URL('../../docs/scaling.md', import.meta.url))
const BLOCK = /<!-- npm run capacity -- ([^:]+): ([\w, ]+) -->\n[\s\S]*?<!-- end -->/g

type Part = (file: CostFile, options: Options) => Promise<Table[]> | Table[]

const parts: Readonly<Record<string, Part>> = {
  needs: (file, { product, plant }) => [
    {
      head: ['', 'figure', 'unit'],
      rows: estimate(file, product, plant).sections.flatMap((section) => {
        const { title = '', rows } = sectionTable(section)
        return [[`**${title}**`, '', ''], ...rows.map((row) => row.slice(0, 3))]
      }),
    },
  ],
  limits: (file, { product, plant }) => [limitTable(estimate(file, product, plant).limits)],
  storms: (file, { product, plant }) => [
    stormTable(stormsOf(file, estimate(file, product, plant), product, plant)),
  ],
  compared: async (file, { plant }) => [comparedTable(await compareWithMeasured(file, plant.seed))],
  skew: (file, { product, plant }) => skewTables(skewsOf(estimate(file, product, plant), plant)),
  costs: (file) => costTables(file),
}

export async function readPage(): Promise<string> {
  return await readFile(PAGE, 'utf8')
}

export async function writePage(file: CostFile): Promise<string> {
  await writeFile(PAGE, await filled(await readPage(), file))
  return PAGE
}

/** The page with every answer made anew. @throws Error when a comment asks for what there is not */
export async function filled(page: string, file: CostFile): Promise<string> {
  let text = page
  for (const [block, flags = '', names = ''] of page.matchAll(BLOCK)) {
    const options = parseOptions(flags.trim().split(/\s+/))
    const tables: Table[] = []
    for (const name of names.split(',').map((one) => one.trim())) {
      const part = parts[name]
      if (part === undefined) throw new Error(`${name} is none of ${Object.keys(parts).join(', ')}`)
      tables.push(...(await part(file, options)))
    }
    const comment = block.slice(0, block.indexOf('\n'))
    text = text.replace(block, () => `${comment}\n${tables.map(toMarkdown).join('\n\n')}\n<!-- end -->`)
  }
  return text
}

function toMarkdown({ title, head, rows }: Table): string {
  const line = (cells: Table['rows'][number]) =>
    `| ${cells.map((cell) => String(cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`
  const table = [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
  return title === undefined ? table : `*${title}*\n\n${table}`
}

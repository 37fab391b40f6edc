import { readFile } from 'node:fs/promises'
import t from 'tap'
import { environment } from '../../src/environment.js'
import * as limits from '../../src/protocol/limits.js'

const root = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/limits.md', root), 'utf8')

/** A row's first cell is a variable, a constant of protocol/limits.ts, or the file and the name of another one. */
const rows = [...page.matchAll(/^\| (?:`([\w/.-]+\.ts)` )?`([A-Z_]+)` \| ([\d,]+) \|/gm)].map(
  ([, file, name = '', value = '']) => ({ file, name, value: Number(value.replaceAll(',', '')) }),
)

function documented(isMeant: (row: (typeof rows)[number]) => boolean): Record<string, number> {
  return Object.fromEntries(rows.filter(isMeant).map(({ name, value }) => [name, value]))
}

t.test('every row of a bound is understood, and stands there once', async (t) => {
  const written = page.split('\n').filter((line) => line.startsWith('| `'))
  t.ok(written.length > 50)
  t.equal(rows.length, written.length)
  t.equal(new Set(rows.map(({ file, name }) => `${file} ${name}`)).size, rows.length)
})

t.test('the variables', async (t) => {
  const numbers = Object.entries(environment.parse({})).filter(
    ([name, value]) => name.startsWith('PARLEY_') && typeof value === 'number',
  )
  t.strictSame(
    documented(({ name }) => name.startsWith('PARLEY_')),
    Object.fromEntries(numbers),
  )
})

t.test('the bounds of the wire', async (t) => {
  t.strictSame(
    documented(({ file, name }) => file === undefined && !name.startsWith('PARLEY_')),
    { ...limits },
  )
})

t.test('constants elsewhere', async (t) => {
  for (const { file, name, value } of rows) {
    if (file === undefined) continue
    const source = await readFile(new URL(`src/${file}`, root), 'utf8')
    const [, product] = new RegExp(`const ${name} = ([\\d_ *]+)$`, 'm').exec(source) ?? []
    const factors = product?.split('*').map((factor) => Number(factor.replaceAll('_', '')))
    t.equal(
      factors?.reduce((a, b) => a * b),
      value,
      `${file} ${name}`,
    )
  }
})

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { build } from 'vite'

const client = fileURLToPath(new URL('../../client/', import.meta.url))
const MOST_BYTES = 6 * 1024

/** All that a page gets of an entry: bundled and minified as most pages are, in all of its parts. */
async function sizeOf(entry: string): Promise<number> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: `${client}src/${entry}`,
        preserveEntrySignatures: 'strict',
        output: { format: 'es' },
        external: [/^react/],
      },
    },
  })
  const { output } = [built].flat().find((one) => 'output' in one) ?? { output: [] }
  const code = output.flatMap((part) => (part.type === 'chunk' ? [part.code] : []))
  return code.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0)
}

t.test('the client is small, and its README says how small', async (t) => {
  const bytes = await sizeOf('index.ts')
  t.comment(`parley: ${bytes} bytes`)
  t.ok(bytes > 3_000, 'all of it is there')
  t.ok(bytes < MOST_BYTES, `${bytes} bytes are less than ${MOST_BYTES}`)
  const readme = await readFile(`${client}README.md`, 'utf8')
  t.match(readme, `**${(bytes / 1024).toFixed(1)} KiB** minified and gzipped`)
})

t.test('it has no dependencies', async (t) => {
  const manifest = JSON.parse(await readFile(`${client}package.json`, 'utf8'))
  t.equal(manifest.dependencies, undefined)
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { build } from 'vite'
import { clientAliases } from '../../../scripts/client-aliases.mjs'

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }

/** Serves the harness page until the test's end; gives its origin. */
export async function serveHarness(t: Test): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    root: fileURLToPath(new URL('.', import.meta.url)),
    resolve: { alias: clientAliases },
    build: { write: false },
  })
  const { output } = [built].flat().find((one) => 'output' in one) ?? { output: [] }
  const files = new Map(
    output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]),
  )
  const server = createServer(({ url = '/' }, response) => {
    const path = url === '/' ? '/index.html' : url
    const type = TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
    const file = files.get(path)
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': type }).end(file)
  })
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the harness has no port')
  return `http://127.0.0.1:${address.port}`
}

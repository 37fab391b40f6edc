// web/ to dist/web, in a process of its own: the compiler of the rest runs beside it.
import { join } from 'node:path'
import { build } from 'vite'
import { main, root } from './prepare.mjs'

const client = join(root, 'client/src')

await main(async () => {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: join(root, 'web'),
    resolve: {
      // The client's source and not its package: one build, and the page's types are the source's own.
      alias: [
        { find: /^parley$/, replacement: join(client, 'index.ts') },
        { find: /^parley\/(react|ui)$/, replacement: join(client, '$1/index.ts') },
        { find: /^parley\/ui\.css$/, replacement: join(client, 'ui/ui.css') },
      ],
    },
    build: {
      outDir: join(root, 'dist/web'),
      emptyOutDir: true,
      sourcemap: true,
      // The page's Content-Security-Policy takes no data: and no inline script.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })
})

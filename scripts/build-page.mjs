// web/ to dist/web, in a process of its own: the compiler of the rest runs beside it.
import { join } from 'node:path'
import { build } from 'vite'
import { clientAliases } from './client-aliases.mjs'
import { main, root } from './prepare.mjs'

await main(async () => {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: join(root, 'web'),
    resolve: { alias: clientAliases },
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

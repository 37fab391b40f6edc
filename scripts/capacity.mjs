// npm run capacity -- <flags>: what a product needs, by bench/capacity. With --measure: its costs, measured anew on
// engines that are started for it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { runBench } from './bench.mjs'
import { installWhenStale, main, root } from './prepare.mjs'

if (process.argv.includes('--measure')) await runBench('bench/capacity/measure/main.ts')
else {
  await main(async () => {
    await installWhenStale({})
    const flags = ['--import', join(root, 'scripts/typescript.mjs'), '--enable-source-maps']
    const args = [...flags, 'bench/capacity/main.ts', ...process.argv.slice(2)]
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
    const [code] = await once(child, 'exit')
    process.exitCode = code ?? 1
  })
}

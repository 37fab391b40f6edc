// npm run token -- --sub ann --name "Ann Lee" [--scope chat:service]
// The work is done by src/token.ts, with the service's own configuration and keys.
import { main, prepare } from './prepare.mjs'

await main(async () => {
  await prepare()
  await import('../dist/token.js')
})

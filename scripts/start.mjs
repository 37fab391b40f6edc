// npm start: one embedded node, from a fresh clone too.
// The service runs in this very process, so that a signal sent to it, kill -9 included, meets the service.
import { main, prepare } from './prepare.mjs'

await main(async () => {
  await prepare()
  await import('../dist/main.js')
})

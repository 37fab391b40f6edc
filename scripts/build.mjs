// npm run build: dist/ from src/ and web/, client/dist/ from client/, whether or not they look stale.
import { build, installWhenStale, main } from './prepare.mjs'

await main(async () => {
  await installWhenStale()
  await build()
})

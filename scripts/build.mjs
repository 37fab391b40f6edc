// npm run build: dist/ from src/ and web/, whether or not it looks stale.
import { build, installWhenStale, main } from './prepare.mjs'

await main(async () => {
  await installWhenStale()
  await build()
})

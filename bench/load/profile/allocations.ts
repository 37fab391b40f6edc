import { z } from 'zod'
import { callFrame, type Place, placeOf } from './frames.js'

interface Allocating {
  readonly callFrame: z.infer<typeof callFrame>
  readonly selfSize: number
  readonly children: readonly Allocating[]
}

const allocating: z.ZodType<Allocating> = z.lazy(() =>
  z.object({ callFrame, selfSize: z.number(), children: z.array(allocating) }),
)

/** V8's samples of what was allocated, and by whom. */
export const allocationProfile = z.object({ profile: z.object({ head: allocating }) })

/** Bytes that each has allocated itself, as V8 has reckoned them from its samples. */
export function* allocated({
  callFrame,
  selfSize,
  children,
}: Allocating): Generator<readonly [Place, number]> {
  if (selfSize > 0) yield [placeOf(callFrame), selfSize]
  for (const child of children) yield* allocated(child)
}

import type { z } from 'zod'
import { allocationProfile } from './allocations.js'
import { type CpuProfile, cpuProfile } from './cpu-profile.js'
import type { Inspector } from './inspector.js'

/** Half a millisecond: half a per cent of what a node does, and a thousand samples in as little time as that. */
const CPU_EVERY_MICROS = 500
const ALLOCATION_EVERY_BYTES = 16_384

/** Where the time goes while `work` goes on. */
export async function recordCpu(
  { call }: Inspector,
  work: () => Promise<void>,
): Promise<{ profile: CpuProfile; raw: string }> {
  await call('Profiler.enable')
  await call('Profiler.setSamplingInterval', { interval: CPU_EVERY_MICROS })
  await call('Profiler.start')
  await work()
  const result = await call('Profiler.stop')
  await call('Profiler.disable')
  const raw = isProfiled(result) ? result.profile : undefined
  return { profile: cpuProfile.parse(raw), raw: JSON.stringify(raw) }
}

/** What is allocated while `work` goes on, whether or not it has been collected since. */
export async function recordAllocations(
  { call }: Inspector,
  work: () => Promise<void>,
): Promise<z.infer<typeof allocationProfile>> {
  await call('HeapProfiler.enable')
  await call('HeapProfiler.startSampling', {
    samplingInterval: ALLOCATION_EVERY_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  await work()
  const result = allocationProfile.parse(await call('HeapProfiler.stopSampling'))
  await call('HeapProfiler.disable')
  return result
}

function isProfiled(result: unknown): result is { readonly profile: unknown } {
  return typeof result === 'object' && result !== null && 'profile' in result
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { z } from 'zod'
import { root } from './dockerfile.js'
import { defaultPort, drainSeconds, isVariable } from './environment.js'
import { faultsBySchema, faultsByType, findKustomize, type Manifest, render } from './manifests.js'

/** k8s/ without a cluster: rendered, checked against Kubernetes' own schemas, and against the node that it runs. */

/** What a node may take after its drain: jobs under way, the last flushes, the sockets' ends. */
const AFTER_DRAIN_SECONDS = 15

const kustomize = await findKustomize()
const skip = kustomize ? false : 'there is no kustomize for this machine'
const overlays = new Map<string, readonly Manifest[]>()
for (const name of kustomize ? ['local', 'production'] : [])
  overlays.set(name, await render(kustomize ?? [], name))

const strings = z.record(z.string(), z.string())
const probe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.string() }) })
const secretRef = z.object({ name: z.string(), key: z.string(), optional: z.boolean().optional() })
const container = z.looseObject({
  image: z.string(),
  args: z.array(z.string()).optional(),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })).default([]),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.object({ secretKeyRef: secretRef }).optional(),
      }),
    )
    .default([]),
  securityContext: z.looseObject({}).optional(),
  lifecycle: z.object({ preStop: z.object({ exec: z.object({ command: z.array(z.string()) }) }) }).optional(),
  resources: z.looseObject({ requests: strings }),
})
const podSpec = z.looseObject({
  containers: z.tuple([container]),
  terminationGracePeriodSeconds: z.number().optional(),
  automountServiceAccountToken: z.literal(false),
  serviceAccountName: z.string().optional(),
  securityContext: z.looseObject({}).optional(),
})
const workload = z.looseObject({
  spec: z.looseObject({ template: z.object({ metadata: z.object({ labels: strings }), spec: podSpec }) }),
})

function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name)
  if (found === undefined) throw new Error(`no ${kind} ${name}`)
  return found
}

function podOf(manifests: readonly Manifest[], kind: string, name: string) {
  return workload.parse(find(manifests, kind, name)).spec.template
}

/** The variables of the generated ConfigMap, whose name ends in a hash. */
function settings(manifests: readonly Manifest[]): { name: string; data: Record<string, string> } {
  const one = manifests.find(({ kind }) => kind === 'ConfigMap')
  return { name: one?.metadata.name ?? '', data: strings.parse(one?.data) }
}

const production = overlays.get('production') ?? []

for (const [name, manifests] of overlays)
  t.test(`overlay ${name}`, async (t) => {
    const { metadata, spec: pod } = podOf(manifests, 'Deployment', 'parley')
    const [node] = pod.containers
    const [migration] = podOf(manifests, 'Job', 'parley-migrate').spec.containers
    const config = settings(manifests)

    t.test('nodes have time for their drain', async (t) => {
      const [, seconds = ''] = node.lifecycle?.preStop.exec.command ?? []
      const needed = Number(seconds) + drainSeconds(config.data) + AFTER_DRAIN_SECONDS
      t.ok((pod.terminationGracePeriodSeconds ?? 0) >= needed, `${needed} s are needed`)
    })

    t.test(
      'every variable is one that a node reads, and every key of the Secret is documented',
      async (t) => {
        const operating = await readFile(join(root, 'docs/operating.md'), 'utf8')
        for (const one of [node, migration]) {
          t.same(one.envFrom, [{ configMapRef: { name: config.name } }])
          const names = [...one.env.map(({ name }) => name), ...Object.keys(config.data)]
          t.same(
            names.filter((name) => !isVariable(name)),
            [],
          )
          for (const { name, valueFrom } of one.env) {
            t.same([valueFrom?.secretKeyRef.name, valueFrom?.secretKeyRef.key], ['parley', name])
            t.match(operating, new RegExp(`^\\| \`${name}\` \\|`, 'm'), `${name} is documented`)
          }
        }
        t.same(migration.env, node.env, 'the migration checks the same configuration')
        t.same(migration.args, ['dist/migrate.js'])
        t.equal(migration.image, node.image)
      },
    )

    t.test('ports are those that a node listens at, by one name everywhere', async (t) => {
      t.same(node.ports, [
        { name: 'http', containerPort: defaultPort('PORT') },
        { name: 'ws', containerPort: defaultPort('WS_PORT') },
        { name: 'ops', containerPort: defaultPort('OPS_PORT') },
      ])
      const names = node.ports.map(({ name }) => name)
      const service = z.looseObject({
        spec: z.looseObject({ ports: z.array(z.object({ name: z.string(), targetPort: z.string() })) }),
      })
      for (const name of ['parley', 'parley-ops'])
        for (const port of service.parse(find(manifests, 'Service', name)).spec.ports)
          t.ok(names.includes(port.targetPort) && port.name === port.targetPort, `${name}: ${port.name}`)
      for (const [which, path] of [
        ['startupProbe', '/livez'],
        ['readinessProbe', '/readyz'],
        ['livenessProbe', '/livez'],
      ] as const)
        t.same(probe.parse(node[which]).httpGet, { path, port: 'http' }, which)
    })

    t.test('every selector finds pods', async (t) => {
      const pods = manifests
        .map((one) => workload.safeParse(one).data?.spec.template.metadata.labels)
        .filter((labels) => labels !== undefined)
      const selectors = manifests.flatMap(({ kind, metadata, spec }) => {
        if (!['Service', 'Deployment', 'StatefulSet', 'PodDisruptionBudget', 'NetworkPolicy'].includes(kind))
          return []
        const { selector, podSelector } = z
          .object({ selector: z.unknown(), podSelector: z.unknown() })
          .partial()
          .parse(spec)
        const given = z.looseObject({ matchLabels: strings.optional() }).parse(selector ?? podSelector)
        return [{ name: `${kind} ${metadata.name}`, labels: given.matchLabels ?? strings.parse(given) }]
      })
      t.ok(selectors.length >= 3)
      for (const selector of selectors)
        t.ok(
          pods.some((pod) => Object.entries(selector.labels).every(([key, value]) => pod[key] === value)),
          selector.name,
        )
      t.notSame(
        metadata.labels,
        podOf(manifests, 'Job', 'parley-migrate').metadata.labels,
        'no traffic for a migration',
      )
    })

    t.test('a node may do little', async (t) => {
      for (const spec of [pod, podOf(manifests, 'Job', 'parley-migrate').spec]) {
        t.match(spec.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
        t.match(spec.containers[0].securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        t.ok(
          manifests.some(
            (one) => one.kind === 'ServiceAccount' && one.metadata.name === spec.serviceAccountName,
          ),
        )
      }
    })
  })

t.test('Kubernetes knows every field, and would say so', { skip }, async (t) => {
  const all = [...overlays.values()].flat()
  t.same(await faultsBySchema(all), [])
  const text = JSON.stringify(find(production, 'Deployment', 'parley'))
  const broken = (from: string, to: string): Manifest => JSON.parse(text.replace(from, to))
  t.match(await faultsBySchema([broken('"minReadySeconds":5', '"minReadySeconds":"5"')]), [/minReadySeconds/])
  const faults = faultsByType([...all, broken('minReadySeconds', 'minReadySecs')])
  t.equal(faults.length, 1, 'only what was broken for this test')
  t.match(faults, [/minReadySecs/])
})

t.test(
  'production: no secret is in the repository, and no image without its version',
  { skip },
  async (t) => {
    t.notOk(production.some(({ kind }) => kind === 'Secret'))
    for (const manifests of overlays.values())
      for (const one of manifests)
        for (const { image } of workload.safeParse(one).data?.spec.template.spec.containers ?? [])
          t.match(image, /:[\w.-]*\d/, image)
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    t.match(
      podOf(production, 'Deployment', 'parley').spec.containers[0].image,
      new RegExp(`/parley:${version}$`),
    )
    t.ok(
      production.every(({ metadata }) => metadata.namespace === 'parley'),
      'all in one namespace',
    )
  },
)

t.test('local: the Secret has every key that is asked for', { skip }, async (t) => {
  const local = overlays.get('local') ?? []
  for (const { kind, metadata } of local.filter((one) => workload.safeParse(one).success))
    for (const { valueFrom } of podOf(local, kind, metadata.name).spec.containers[0].env) {
      if (valueFrom === undefined) continue
      const { name, key } = valueFrom.secretKeyRef
      t.ok(key in strings.parse(find(local, 'Secret', name).stringData), `${name}: ${key}`)
    }
})

t.test('production: the Ingress splits by path, and waits long for sockets', { skip }, async (t) => {
  const ingress = z.looseObject({
    spec: z.looseObject({
      rules: z.tuple([
        z.looseObject({
          http: z.object({
            paths: z.tuple([
              z.object({
                path: z.string(),
                pathType: z.string(),
                backend: z.object({
                  service: z.object({ name: z.string(), port: z.object({ name: z.string() }) }),
                }),
              }),
            ]),
          }),
        }),
      ]),
    }),
  })
  const paths = production
    .filter(({ kind }) => kind === 'Ingress')
    .map((one) => {
      const [{ http }] = ingress.parse(one).spec.rules
      const [{ path, pathType, backend }] = http.paths
      return `${path} ${pathType} ${backend.service.name}:${backend.service.port.name}`
    })
  t.same(paths.sort(), ['/ Prefix parley:http', '/socket.io Prefix parley:http', '/ws Exact parley:ws'])
  for (const name of ['parley-ws', 'parley-socketio'])
    t.match(find(production, 'Ingress', name).metadata.annotations, {
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
    })
})

t.test('production: the autoscaler asks for the figure that the adapter makes', { skip }, async (t) => {
  const adapter = parse(await readFile(join(root, 'k8s/prometheus-adapter.yaml'), 'utf8'))
  const { spec } = find(production, 'HorizontalPodAutoscaler', 'parley')
  const metrics = await readFile(join(root, 'docs/metrics.md'), 'utf8')
  t.match(metrics, `\`${adapter.rules.custom[0].name.as}\``, 'a node tells it')
  t.match(spec, {
    scaleTargetRef: { kind: 'Deployment', name: 'parley' },
    metrics: [{ pods: { metric: { name: adapter.rules.custom[0].name.as } } }, { resource: { name: 'cpu' } }],
  })
  const monitor = z.object({
    selector: z.object({ matchLabels: strings }),
    endpoints: z.tuple([z.looseObject({ port: z.literal('ops'), path: z.literal('/metrics') })]),
  })
  const { selector } = monitor.parse(find(production, 'ServiceMonitor', 'parley').spec)
  t.match(find(production, 'Service', 'parley-ops').metadata.labels, selector.matchLabels)
})

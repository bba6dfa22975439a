// Drives the provider's own Node SDK against the sandbox: what the SDK can do, the sandbox must answer in its form. The SDK has no
// setting for its address, so fetch is pointed at the sandbox instead.
//
//   node check.mjs sandbox.json      (the first line that examples/sandbox prints with -json)
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ApiError, DeliveryAPIClient } from 'deliveryapi'

const sandbox = JSON.parse(readFileSync(process.argv[2], 'utf8').split('\n')[0])
const fetchReal = globalThis.fetch
globalThis.fetch = (url, options) =>
  fetchReal(String(url).replace(/^https:\/\/[^/]+/, sandbox.urls.deliveryapi), options)

const { deliveryapi_key: apiKey, deliveryapi_secret: secretKey } = sandbox.credentials
const client = new DeliveryAPIClient({ apiKey, secretKey })
const numbers = Object.fromEntries(sandbox.numbers.map((n) => [n.case, n]))
const item = (name, clientId) => ({
  courierCode: numbers[name].courier, trackingNumber: numbers[name].number, clientId,
})
const refused = async (code, call) =>
  assert.rejects(call, (e) => e instanceof ApiError && e.code === code && e.message.length > 0)

const { couriers, total } = await client.tracking.getCouriers()
assert.equal(couriers.length, total)
assert.ok(couriers.some((c) => c.trackingApiCode === 'cj' && c.displayName === 'CJ대한통운'))

const before = (await client.usage.get()).quota
const { results, summary } = await client.tracking.trace({
  items: [item('delivered', 'a'), item('not-found', 'b'), item('out-for-delivery', 'c')],
  includeProgresses: true,
})
assert.deepEqual(results.map((r) => r.clientId), ['a', 'b', 'c'])
assert.equal(results[0].data.deliveryStatus, 'DELIVERED')
assert.equal(results[0].data.isDelivered, true)
assert.ok(results[0].data.progresses.length > 3)
assert.equal(results[1].success, false)
assert.equal(results[1].error.code, 'NOT_FOUND')
assert.equal(results[1].error.billable, true)
assert.equal(results[2].data.deliveryStatus, 'OUT_FOR_DELIVERY')
assert.deepEqual(summary, { total: 3, successful: 2, failed: 1, billable: 3 })
const after = (await client.usage.get()).quota
assert.equal(after.used - before.used, 3)
assert.equal(after.limit - after.used, after.remaining)

const endpoint = await client.webhooks.endpoints.create({ url: 'https://shop.example/hooks', name: 'shop', webhookSecret: 'own-secret-0123456789' })
assert.match(endpoint.endpointId, /^ep_/)
assert.equal(endpoint.webhookSecret, 'own-secret-0123456789')
const rotated = await client.webhooks.endpoints.rotateSecret(endpoint.endpointId)
assert.notEqual(rotated.webhookSecret, endpoint.webhookSecret)
await client.webhooks.endpoints.update(endpoint.endpointId, { name: 'renamed' })
const listed = await client.webhooks.endpoints.list()
assert.equal(listed.endpoints.find((e) => e.endpointId === endpoint.endpointId).name, 'renamed')

const registered = await client.webhooks.subscriptions.register({
  items: [item('in-transit', 'a')], recurring: true, endpointId: endpoint.endpointId, metadata: { order: '1' },
})
assert.equal(registered.itemCount, 1)
const subscription = await client.webhooks.subscriptions.get(registered.requestId)
assert.equal(subscription.items[0].currentStatus, 'IN_TRANSIT')
assert.deepEqual(subscription.metadata, { order: '1' })
const page = await client.webhooks.subscriptions.list({ limit: 10, status: 'active' })
assert.ok(page.subscriptions.some((s) => s.requestId === registered.requestId))
const reconciled = await client.webhooks.subscriptions.batchResults({ items: [{ courierCode: 'cj', trackingNumber: numbers['in-transit'].number }] })
assert.equal(reconciled.results[0].currentStatus, 'IN_TRANSIT')
await client.webhooks.subscriptions.cancel(registered.requestId)
await refused('NOT_FOUND', () => client.webhooks.subscriptions.cancel('req_nobody'))
await client.webhooks.endpoints.delete(endpoint.endpointId)
await refused('NOT_FOUND', () => client.webhooks.endpoints.delete(endpoint.endpointId))

await refused('UNAUTHORIZED', () => new DeliveryAPIClient({ apiKey: 'pk_live_wrong', secretKey: 'sk_live_wrong' }).usage.get())
await refused('RATE_LIMITED', () => client.tracking.trace({ items: [item('rate-limited')] }))
await refused('INTERNAL_ERROR', () => client.tracking.trace({ items: [item('deliveryapi/call/INTERNAL_ERROR')] }))
console.log('the provider’s own SDK gets what it expects from the sandbox')

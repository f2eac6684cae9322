// The hall's environment check and its connection to the agent: refused, missing, coming, going and coming back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { openCounter } from './counter.mjs';
import { agent, emptyPort } from './gate.mjs';

let clerk, port, hall;
openCounter(async () => ({ agentPorts: [port = await emptyPort()] }), (counter) => { ({ clerk, hall } = counter); });
const row = (code) => clerk.page.locator(`[data-check="link"][data-code="${code}"]`).waitFor({ state: 'attached' });

test('not running, refused, then there: 重新检测 goes on without a reload', async () => {
	await clerk.page.goto(`${hall.origin}/renew`);
	await row('agent.not_running');
	assert.ok(await clerk.test('check-next').isDisabled());
	const refusing = await agent('origin', port);
	await clerk.test('check-again').click();
	await row('origin.denied');
	refusing.close();
	const running = await agent('', port);
	await clerk.test('check-again').click();
	await clerk.test('check-ready').waitFor();
	assert.equal(running.upgrades, 1);

	running.drop();
	await row('agent.lost');
	await clerk.test('check-ready').waitFor();
	await row('open');
	assert.ok(await clerk.test('check-next').isEnabled());
	assert.equal(running.upgrades, 2);
	running.close();
});

// A page's calls on a card (tests/card), each by itself, and how a renewal has to end there: by pkcs11-tool and openssl.
import assert from 'node:assert/strict';
import test from 'node:test';
import { days, makeRequest } from './ca.mjs';
import { CardKey } from './card.mjs';
import { children } from './processes.mjs';
import { checkReceipt, findCertificate } from './renewal.mjs';
import { makeScene } from './scene.mjs';
import { certificateId, makeKey } from './token.mjs';
import { verifyCertificate, verifyRequest } from './witness.mjs';

export const order = 'C-1', pin = '123456';
const steps = ['begin', 'install', 'complete'];

const kinds = (objects) => objects.map((text) => /^(Certificate|Private Key|Public Key)/.exec(text)?.[1]).sort();
export const field = (object, name) => new RegExp(`^  ${name}:\\s+(.*)$`, 'm').exec(object)?.[1];

// The calls of one order as its page makes them; each can be made again.
export async function makePage(scene, { key = 'new', keyType, order: name = order, oldPem = scene.oldPem } = {}) {
	const page = { agent: await scene.connect(), key: scene.token, order: name };
	const { agent } = page;
	page.token = (await agent.call('token.list')).tokens.find((one) => one.label === scene.token.label).token;
	page.old = await findCertificate(agent, oldPem);
	page.begin = async () => {
		const begun = await agent.call('renewal.begin', { order: name, certificate: page.old.id, key, ...(keyType ? { keyType } : {}) });
		const request = await verifyRequest(begun.csr);
		assert.ok(request.ok, request.text);
		page.pem = await scene.ca.issue(begun.csr);
	};
	page.install = async () => {
		const { receipt } = await agent.call('renewal.install', { order: name, certificate: page.pem, chain: [] });
		checkReceipt(receipt, { order: name, origin: scene.origin, serial: scene.token.serial, certificate: page.pem });
	};
	page.complete = () => agent.call('renewal.complete', { order: name });
	page.host = () => children(scene.daemon.service.pid)[0];
	return page;
}

// The calls before one; that one and the rest.
export async function upTo(page, broken) { for (const step of steps.slice(0, steps.indexOf(broken))) await page[step](); }
export async function goOn(page, broken = 'begin') { for (const step of steps.slice(steps.indexOf(broken))) await page[step](); }

// Each call by another agent; gives the page of the last one.
export async function goOnByOthers(scene, page) {
	let next = page;
	for (const step of steps) {
		const { pem, old } = next;
		await scene.daemon.stop();
		await scene.daemon.again();
		next = Object.assign(await makePage(scene), { pem, old });
		await next[step]();
	}
	return next;
}

async function onCard(options, action) {
	const scene = await makeScene({ kind: CardKey, keyType: 'ec-p256', pin, ...options });
	try { await action(scene, await makePage(scene, options.page)); } finally { await scene.close(); }
}

// The card's family stands before the name.
export const proves = (name, options, action) => test(`${(options.kind ?? CardKey).family}: ${name}`, () => onCard(options, action));

// One pair, its certificate is the new one, and it signs: by programs that are not ours.
// dead: kinds of what still shows and is no more.
export async function checkRenewed(scene, page, keyType = scene.keyType, { dead = [] } = {}) {
	const objects = (await scene.token.objects()).filter((text) => !isForeign(text)), mine = objects.find((text) => text.startsWith('Certificate'));
	assert.deepEqual(kinds(objects).filter((kind) => kind !== 'Public Key'), ['Certificate', 'Private Key', ...dead], objects.join('\n'));
	const id = field(mine, 'ID');
	assert.equal(certificateId(await scene.token.readCertificate(id)), certificateId(page.pem));
	assert.ok((await verifyCertificate(scene, page.pem)).ok);
	assert.ok(await scene.token.signs(id, page.pem, keyType), 'pkcs11-tool signs with it, openssl verifies with the certificate');
	assert.equal((await page.agent.call('renewal.inspect', { order: page.order })).stage, 'completed');
	return { id, label: field(mine, 'label') };
}

// Another program's pair with its certificate; key: by which programs it is made.
export const foreign = { id: '77', label: 'foreign' };

export async function addForeign(scene, key = scene.token) {
	const csr = await key.adopt(await makeRequest(await makeKey('ec-p256'), scene.folder), 'ec-p256', foreign);
	const pem = await scene.ca.issue(csr, { notAfter: days(300) });
	await key.writeCertificate(pem, foreign);
	return { pem, shown: await showForeign(scene) };
}

// As OpenSC finds it on the card, without a login; so that no login of others ends, either.
async function showForeign({ token }) {
	const { stdout } = await token.run('pkcs15-tool', '--dump');
	return stdout.split('\n\n').filter((text) => new RegExp(`^\\s+ID\\s+: ${foreign.id}$`, 'm').test(text));
}

export const isForeign = (object) => field(object, 'ID') === foreign.id;

export async function deleteForeign(scene) {
	await scene.token.run('pkcs15-init', '--delete-objects', 'privkey,pubkey,cert', '--id', foreign.id, '--auth-id', '01', '--pin', scene.token.pin);
	assert.deepEqual(await showForeign(scene), []);
}

// All of it is there as it was, and it signs.
export async function checkForeign(scene, { pem, shown }) {
	const objects = (await scene.token.objects()).filter(isForeign);
	assert.deepEqual(objects.map((text) => [kinds([text])[0], field(text, 'label')]), ['Certificate', 'Private Key', 'Public Key'].map((kind) => [kind, foreign.label]));
	assert.ok(shown.length >= 2, 'key and certificate');
	assert.deepEqual(await showForeign(scene), shown);
	assert.equal(certificateId(await scene.token.readCertificate(foreign.id)), certificateId(pem));
	assert.ok(await scene.token.signs(foreign.id, pem, 'ec-p256'), 'another program\'s key signs');
}

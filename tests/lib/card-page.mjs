// A page's calls on a card (tests/card), each by itself, and how a renewal has to end there: by pkcs11-tool and openssl.
import assert from 'node:assert/strict';
import test from 'node:test';
import { CardKey } from './card.mjs';
import { children } from './processes.mjs';
import { checkReceipt, findCertificate } from './renewal.mjs';
import { makeScene } from './scene.mjs';
import { certificateId } from './token.mjs';
import { verifyCertificate, verifyRequest } from './witness.mjs';

export const order = 'C-1', pin = '123456';
const steps = ['begin', 'install', 'complete'];

// What is not mended yet, by the number in the marks of tests. Some of them depend on the moment, and a test may go well.
const defects = {
	2: 'another program\'s logout is a failed call',
	3: 'the certificate keeps the order\'s label: it is its key\'s, which is not rewritten',
	4: 'where a write of the certificate was cut, C_CreateObject fails for ever; or C_Sign, for the key has lost its public half',
	7: 'when the reader\'s service was restarted, every C_Login fails and each asks for the PIN',
	9: 'what another program writes is not seen',
	10: 'files of a pair stay on the card where PKCS#11 does not show them; or the card is full and not called so',
	14: 'OpenSC takes no second certificate for a key',
	18: 'a pulled key is not called so, or taken for done',
};
export const mark = (number) => (number ? { todo: `row ${number}: ${defects[number]}` } : {});

const kinds = (objects) => objects.map((text) => /^(Certificate|Private Key|Public Key)/.exec(text)?.[1]).sort();
export const field = (object, name) => new RegExp(`^  ${name}:\\s+(.*)$`, 'm').exec(object)?.[1];

// The calls of one order as its page makes them; each can be made again.
export async function makePage(scene, { key = 'new', keyType } = {}) {
	const page = { agent: await scene.connect(), key: scene.token };
	const { agent } = page;
	page.token = (await agent.call('token.list')).tokens[0].token;
	page.old = await findCertificate(agent, scene.oldPem);
	page.begin = async () => {
		const begun = await agent.call('renewal.begin', { order, certificate: page.old.id, key, ...(keyType ? { keyType } : {}) });
		const request = await verifyRequest(begun.csr);
		assert.ok(request.ok, request.text);
		page.pem = await scene.ca.issue(begun.csr);
	};
	page.install = async () => {
		const { receipt } = await agent.call('renewal.install', { order, certificate: page.pem, chain: [] });
		checkReceipt(receipt, { order, origin: scene.origin, serial: scene.token.serial, certificate: page.pem });
	};
	page.complete = () => agent.call('renewal.complete', { order });
	page.host = () => children(scene.daemon.service.pid)[0];
	return page;
}

// The calls before one; that one and the rest.
export async function upTo(page, broken) { for (const step of steps.slice(0, steps.indexOf(broken))) await page[step](); }
export async function goOn(page, broken = 'begin') { for (const step of steps.slice(steps.indexOf(broken))) await page[step](); }

async function onCard(options, action) {
	const scene = await makeScene({ kind: CardKey, keyType: 'ec-p256', pin, ...options });
	try { await action(scene, await makePage(scene, options.page)); } finally { await scene.close(); }
}

// not: the number of a defect.
export const proves = (name, options, action, { not } = {}) => test(name, mark(not), (t) => onCard(options, (scene, page) => action(scene, page, t)));

// One pair, its certificate is the new one, and it signs: by programs that are not ours.
export async function checkRenewed(scene, page, keyType = scene.keyType) {
	const objects = await scene.token.objects(), mine = objects.find((text) => text.startsWith('Certificate'));
	assert.deepEqual(kinds(objects).filter((kind) => kind !== 'Public Key'), ['Certificate', 'Private Key'], objects.join('\n'));
	const id = field(mine, 'ID');
	assert.equal(certificateId(await scene.token.readCertificate(id)), certificateId(page.pem));
	assert.ok((await verifyCertificate(scene, page.pem)).ok);
	assert.ok(await scene.token.signs(id, page.pem, keyType), 'pkcs11-tool signs with it, openssl verifies with the certificate');
	assert.equal((await page.agent.call('renewal.inspect', { order })).stage, 'completed');
	return { id, label: field(mine, 'label') };
}

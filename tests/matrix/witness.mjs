// What is on the key, told by others than the agent: of a softkey its files; of a SoftHSM2 token what pkcs11-tool lists and signs.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { decrypts } from '../lib/kmc.mjs';
import { softhsm } from '../lib/paths.mjs';
import { describeObjects, parseObject, storeObjects, triesLeft, usableCertificates } from '../lib/softkey-store.mjs';
import { Token, certificateId } from '../lib/token.mjs';
import { markId, markLabel } from '../lib/mark.mjs';

export const order = 'M-2026.0001';
const marks = ['', ':enc'].map((what) => markId(order, what));
// The same key keeps its CKA_ID, its new certificate gets it.
const isMarked = ({ id, label }, { same }) => marks.includes(id) || label.startsWith(markLabel(order)) || (same && id === '01');
const tries = 6;

// pems: the certificates one of which has to be usable, or all.
class Files {
	constructor(scene) { Object.assign(this, { scene, token: scene.token }); }
	async objects() { return storeObjects(this.token).filter((one) => !this.scene.torn?.includes(one.print)); }
	describe(objects) { return describeObjects(objects); }

	// The prints of what came since the scene was opened and has no mark of the order.
	unmarked() {
		const before = this.scene.world.tree(this.scene.done, 'store').filter(([name]) => name.endsWith('.object')).map(([, bytes]) => parseObject(bytes).print);
		return storeObjects(this.token).filter((one) => !isMarked(one, this.scene.world.kind) && !before.includes(one.print)).map((one) => one.print);
	}

	printsOf(objects) { return objects.map((one) => one.print); }
	async isUsable(pem, objects) { return usableCertificates(objects).includes(certificateId(pem)); }

	checkTries(least) { assert.ok(triesLeft(this.token) >= tries - least, 'PIN tries wasted'); }

	// The key as it was after each write since the scene was opened.
	checkHistory(pems) {
		const folder = path.join(this.token.store, 'history'), objects = new Map(), ids = pems.map(certificateId);
		const prefix = 'tokens/A/', isObject = (name) => name.startsWith(prefix) && name.endsWith('.object');
		for (const [name, bytes] of this.scene.world.tree(this.scene.done, 'store')) if (isObject(name)) objects.set(name, parseObject(bytes));
		for (const entry of readdirSync(folder).sort()) {
			const name = entry.slice(entry.indexOf('-') + 1).replaceAll('+', '/'), bytes = readFileSync(path.join(folder, entry));
			if (!isObject(name)) continue;
			if (bytes.length) objects.set(name, parseObject(bytes)); else objects.delete(name);
			assert.ok(usableCertificates([...objects.values()]).some((id) => ids.includes(id)), `no usable certificate after write ${entry}`);
		}
	}
}

class Program {
	constructor(scene) {
		const { folder, pin, label, store } = scene.token;
		Object.assign(this, { scene, token: Object.assign(new Token(), { folder, pin, label, module: softhsm, configuration: path.join(store, 'softhsm2.conf') }) });
	}

	async objects() {
		// Numbers of objects are the session's.
		return (await this.token.objects()).map((text) => text.replace(/^(Data object) \d+/, '$1')).map((text) => ({
			text, kind: /^\S+/.exec(text)[0], id: /^ +ID: +(\S+)/m.exec(text)?.[1] ?? '', label: /^ +label: +'?(.*?)'?$/m.exec(text)?.[1] ?? '',
		}));
	}

	describe(objects) { return objects.map(({ kind, id, label }) => `${kind} ${id} ${label}`).sort(); }
	printsOf(objects) { return objects.map((one) => one.text); }

	async isUsable(pem, objects) {
		const { oldPem, kind: { keyType } } = this.scene.world, encrypts = this.scene.hall.answer.encryption?.certificate === pem;
		const mark = pem === oldPem ? '01' : marks[Number(encrypts)];
		if (!objects.some((one) => one.kind === 'Certificate' && one.id === mark)) return false;
		if (certificateId(await this.token.readCertificate(mark)) !== certificateId(pem)) return false;
		return encrypts ? decrypts(this.token, mark, pem) : this.token.signs(mark, pem, keyType);
	}

	unmarked() { return []; }
	checkTries() {}
	checkHistory() {}
}


export const witnessOf = (scene) => new (scene.world.kind.softhsm ? Program : Files)(scene);

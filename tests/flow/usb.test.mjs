// Keys on a USB bus in software against drivers of every kind: what the check says is missing, and what mends it.
import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import test from 'node:test';
import { Bus } from '../lib/bus.mjs';

const gm3000 = { id: '055c:e618', number: 4 }, hub = { id: '1d6b:0002', number: 1 }, epass = { id: '096e:0807', number: 5 };
const own = 'libgm3000_pkcs11.so', others = 'libykcs11.so';
const page = 'https://hall.example/drivers';

// what is there, scene, code of the rows usb and driver, words that the driver's row says, kind of its remedy
const rows = [
	['no key, OpenSC as long as nothing is configured', {}, 'token.absent', 'ok', []],
	['a driver that is not there, no key', { drivers: { 'driver.so': null } }, 'token.absent', 'driver.missing', ['driver.so'], 'driver'],
	['a driver, no key', { drivers: { [own]: 'softkey' } }, 'token.absent', 'ok', []],
	['a key, no driver', { devices: [gm3000, hub] }, 'ok', 'driver.missing', ['龙脉 mToken GM3000'], 'driver'],
	['a key, its driver is not there', { devices: [gm3000], drivers: { [own]: null } }, 'ok', 'driver.missing', ['龙脉 mToken GM3000'], 'driver'],
	['a key and its token', { devices: [gm3000], drivers: { [own]: 'softkey' }, key: true }, 'ok', 'ok', []],
	['a key and its token, by a driver of any name', { devices: [gm3000], drivers: { 'libca.so': 'softkey' }, key: true }, 'ok', 'ok', []],
	['a token that is on no bus', { drivers: { [own]: 'softkey' }, key: true }, 'ok', 'ok', []],
	['a key, its driver does not see it', { devices: [gm3000], drivers: { [own]: 'softkey' } }, 'ok', 'driver.blind', [own, '龙脉 mToken GM3000'], 'driver'],
	['a key, only the driver of another', { devices: [gm3000], drivers: { [others]: 'softkey' } }, 'ok', 'driver.other', [others, 'Yubico YubiKey', '龙脉 mToken GM3000'], 'driver'],
	['a key, only a driver of nobody knows whom', { devices: [gm3000], drivers: { 'libca.so': 'softkey' } }, 'ok', 'driver.other', ['libca.so', '龙脉 mToken GM3000'], 'driver'],
	['a key as a CD-ROM', { devices: [{ ...gm3000, storage: true }], drivers: { [own]: 'softkey' } }, 'usb.storage', 'ok', []],
	['a key as a CD-ROM by its id', { devices: [{ ...gm3000, id: '055c:db08' }] }, 'usb.storage', 'driver.missing', ['龙脉 mToken GM3000'], 'driver'],
	['a driver of 32 bits', { drivers: { [own]: 'elf32' } }, 'token.absent', 'driver.machine', [own, '32-bit x86, Linux'], 'driver'],
	['a key, its driver is of Windows', { devices: [gm3000], drivers: { [own]: 'dll' } }, 'ok', 'driver.machine', [own, '32-bit x86, Windows'], 'driver'],
	['a key, its driver is a text', { devices: [gm3000], drivers: { [own]: 'text' } }, 'ok', 'driver.format', [own], 'driver'],
	['a key, its SKF library', { devices: [gm3000], drivers: { 'libgm3000.1.0.so': 'skf' } }, 'ok', 'driver.skf', ['libgm3000.1.0.so', 'SKF'], 'contact'],
	['a library that is no driver', { drivers: { 'libca.so': 'library' } }, 'token.absent', 'driver.interface', ['libca.so'], 'contact'],
	['a key that speaks SKF only', { devices: [{ id: '22fb:1014', number: 3 }] }, 'ok', 'driver.skf_only', ['ZTXA USK218', 'SKF'], 'contact'],
	['a driver that p11-kit knows', { devices: [gm3000], drivers: { [others]: 'softkey' }, registered: { [own]: 'softkey' } }, 'ok', 'driver.unused', ['龙脉 mToken GM3000', own], 'contact'],
	['a driver in a usual folder', { devices: [gm3000], inOpt: { [own]: 'softkey' } }, 'ok', 'driver.unused', ['龙脉 mToken GM3000', own], 'contact'],
	['one in a usual folder that cannot be loaded', { devices: [gm3000], inOpt: { [own]: 'elf32' } }, 'ok', 'driver.missing', ['龙脉 mToken GM3000'], 'driver'],
	['two drivers of one family', { devices: [epass], drivers: { 'libcastle_v2.so.1.0.0': 'empty', 'libcastle.so.1.0.0': 'softkey' }, key: true }, 'ok', 'driver.several',
		['飞天 ePass2003', 'libcastle.so.1.0.0 可识别', 'libcastle_v2.so.1.0.0 不能'], 'contact'],
	['another key that no driver shows', { devices: [gm3000, epass], drivers: { [own]: 'softkey' }, key: true }, 'usb.unseen', 'ok', []],
];

for (const [title, scene, usb, driver, words, remedy] of rows) {
	test(title, async () => {
		const bus = await Bus.start(scene);
		try {
			const found = await bus.check();
			assert.deepEqual([found.usb.code, found.driver.code, found.driver.remedy?.kind], [usb, driver, remedy], JSON.stringify(found));
			for (const word of words) assert.ok(found.driver.text.includes(word), found.driver.text);
			if (remedy === 'driver') assert.equal(found.driver.remedy.url, page);
		} finally { await bus.stop(); }
	});
}

test('the report knows the keys of the bus and the drivers that are installed', async () => {
	const bus = await Bus.start({ devices: [gm3000, epass, hub], drivers: { [own]: 'softkey' }, key: true, registered: { 'libcastle.so.1': 'softkey', 'libother.so': 'softkey' } });
	try {
		const { usb, candidates } = await bus.report();
		const key = (id, name, family, more) => ({ id, name, driver: page, family, mode: 'key', interface: 'pkcs11', ...more });
		assert.deepEqual(usb.map(({ candidates, ...rest }) => ({ ...rest, candidates: candidates?.filter((file) => file.startsWith('~')) })).sort((a, b) => a.id.localeCompare(b.id)), [
			key('055c:e618', '龙脉 mToken GM3000', 'longmai-gm3000', { shown: true, candidates: undefined }),
			key('096e:0807', '飞天 ePass2003', 'feitian-epass2003', { shown: false, candidates: ['~/elsewhere/libcastle.so.1'] }),
		]);
		assert.deepEqual(candidates.filter((file) => file.startsWith('~')).sort(), ['~/elsewhere/libcastle.so.1', '~/elsewhere/libother.so']);
		assert.ok(candidates.every((file) => !file.includes('p11-kit-trust')));
		assert.ok(candidates.every((file) => file.includes('/')), 'a mere name of p11-kit is found');
		const files = candidates.filter((file) => file.startsWith('/')).map((file) => realpathSync(file));
		assert.equal(new Set(files).size, files.length, `each file once: ${candidates}`);
	} finally { await bus.stop(); }
});

test('a page of the deployer\'s own profile goes before the one for all', async () => {
	const bus = await Bus.start({ devices: [gm3000], settings: { drivers: new URL('../softkey/drivers', import.meta.url).pathname } });
	try {
		assert.equal((await bus.check()).driver.remedy.url, 'https://ca.example/gm3000');
	} finally { await bus.stop(); }
});

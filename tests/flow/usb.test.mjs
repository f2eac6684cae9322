// Keys on the USB bus that no driver shows, played by umockdev: they are named with what is to be done.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Client } from '../lib/client.mjs';
import { program } from '../lib/paths.mjs';
import { Service, freePort, removeFolder, run, temporaryFolder, untilListening } from '../lib/process.mjs';

// Device and configuration descriptor (USB 2.0, 9.6.1 and 9.6.3) of a full-speed HID device.
function device({ vendor, product, number }) {
	const low = (value) => value & 0xff, high = (value) => value >> 8;
	const descriptors = Buffer.from([
		18, 1, 0x10, 1, 0, 0, 0, 8, low(vendor), high(vendor), low(product), high(product), 0, 1, 0, 0, 0, 1,
		9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 3, 0, 0, 0,
	]);
	const hex = (value) => value.toString(16).padStart(4, '0'), place = String(number).padStart(3, '0');
	return [`P: /devices/pci0000:00/0000:00:14.0/usb1/1-${number}`, `N: bus/usb/001/${place}`, 'E: BUSNUM=001', `E: DEVNUM=${place}`,
		`E: DEVNAME=/dev/bus/usb/001/${place}`, 'E: DEVTYPE=usb_device', 'E: MAJOR=189', `E: MINOR=${number - 1}`, 'E: SUBSYSTEM=usb',
		'A: bConfigurationValue=1\\n', 'A: busnum=1\\n', `A: devnum=${number}\\n`, 'A: bNumConfigurations=1\\n', 'A: speed=12\\n',
		`A: idVendor=${hex(vendor)}\\n`, `A: idProduct=${hex(product)}\\n`, `H: descriptors=${descriptors.toString('hex').toUpperCase()}`, '', ''].join('\n');
}

async function withBus(devices, action) {
	const folder = temporaryFolder(), bus = path.join(folder, 'bus.umockdev'), file = path.join(folder, 'config.json'), port = await freePort();
	// umockdev and the sanitizers both want to be loaded first; a log file then ends in a crash.
	const env = { HOME: folder, XDG_CONFIG_HOME: folder, ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0:detect_leaks=0:log_path=stderr`,
		UBSAN_OPTIONS: `${process.env.UBSAN_OPTIONS ?? ''}:log_path=stderr` };
	writeFileSync(bus, devices.map(device).join(''));
	writeFileSync(file, JSON.stringify({ port, state: path.join(folder, 'state'), modules: [{ path: '/nonexistent/driver.so' }], downloads: 'https://hall.example/drivers' }));
	const service = new Service('umockdev-run', ['-d', bus, '--', program.keyhalld, '--config', file, '--foreground'], { env });
	try {
		await untilListening(service, port);
		const agent = await Client.connect(port, { origin: `http://127.0.0.1:${port}` });
		await action(agent, { bus, file, env });
		await agent.close();
	} finally {
		await service.stop();
		removeFolder(folder);
	}
}

test('a key without its driver is named', () =>
	withBus([{ vendor: 0x055c, product: 0xe618, number: 4 }, { vendor: 0x1d6b, product: 2, number: 1 }], async (agent, { bus, file, env }) => {
		const { items } = await agent.call('environment.check');
		const driver = items.find((item) => item.id === 'driver'), key = items.find((item) => item.id === 'key');
		assert.deepEqual([driver.state, driver.code, driver.remedy.kind, driver.remedy.url], ['fail', 'driver.missing', 'driver', 'https://hall.example/drivers']);
		assert.match(driver.text, /龙脉 mToken GM3000/);
		assert.equal(key.code, 'key.unread');
		assert.deepEqual((await agent.call('diagnostics.report')).usb, [{ id: '055c:e618', name: '龙脉 mToken GM3000', driver: 'https://hall.example/drivers' }]);
		const doctor = await run('umockdev-run', ['-d', bus, '--', program.keyhall, 'doctor', '--config', file, '--port', String(await freePort())], { env: { ...env, LC_ALL: 'C.UTF-8' }, status: null });
		assert.equal(doctor.status, 3);
		assert.match(doctor.stdout, /Longmai mToken GM3000/);
	}));

test('a bus without keys', () => withBus([{ vendor: 0x1d6b, product: 2, number: 1 }], async (agent) => {
	const { items } = await agent.call('environment.check');
	assert.equal(items.find((item) => item.id === 'key').code, 'token.absent');
	assert.equal(items.find((item) => item.id === 'driver').code, 'driver.failed');
	assert.deepEqual((await agent.call('diagnostics.report')).usb, []);
}));

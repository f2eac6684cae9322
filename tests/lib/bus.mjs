// An agent on a USB bus in software (bus.py), with drivers under names of the maker's.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from './client.mjs';
import { noDesktop } from './daemon.mjs';
import { inMountNamespace } from './namespace.mjs';
import { build, opensc, program, softhsm } from './paths.mjs';
import { Service, freePort, removeFolder, temporaryFolder, untilListening } from './process.mjs';
import { SoftKey } from './softkey-token.mjs';

const HID = 3, STORAGE = 8;
const place = (number) => `/devices/pci0000:00/0000:00:14.0/usb1/1-${number}`;

// What umockdev reads: device and configuration descriptor (USB 2.0, 9.6.1 and 9.6.3) of a full-speed device with one interface.
function describe({ id, number, storage = false }) {
	const [vendor, product] = id.split(':').map((text) => parseInt(text, 16));
	const low = (value) => value & 0xff, high = (value) => value >> 8;
	const descriptors = Buffer.from([
		18, 1, 0x10, 1, 0, 0, 0, 8, low(vendor), high(vendor), low(product), high(product), 0, 1, 0, 0, 0, 1,
		9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, storage ? STORAGE : HID, 0, 0, 0,
	]);
	const three = String(number).padStart(3, '0');
	return [`P: ${place(number)}`, `N: bus/usb/001/${three}`, 'E: BUSNUM=001', `E: DEVNUM=${three}`,
		`E: DEVNAME=/dev/bus/usb/001/${three}`, 'E: DEVTYPE=usb_device', 'E: MAJOR=189', `E: MINOR=${number - 1}`, 'E: SUBSYSTEM=usb',
		'A: bConfigurationValue=1\\n', 'A: busnum=1\\n', `A: devnum=${number}\\n`, 'A: bNumConfigurations=1\\n', 'A: speed=12\\n',
		`A: idVendor=${id.slice(0, 4)}\\n`, `A: idProduct=${id.slice(5)}\\n`, `H: descriptors=${descriptors.toString('hex').toUpperCase()}`, '', ''].join('\n');
}

// How a file of this name is made.
export const makes = {
	softkey: (file) => copyFileSync(path.join(build, 'tests/softkey/softkey.so'), file),
	// SoftHSM without a token: a driver that works and shows nothing.
	empty: (file) => copyFileSync(softhsm, file),
	skf: (file) => copyFileSync(path.join(build, 'tests/softkey/skf.so'), file),
	library: (file) => copyFileSync(path.join(path.dirname(opensc), 'libcrypto.so.3'), file),
	text: (file) => writeFileSync(file, 'INPUT(libother.so)\n'),
	elf32(file) {
		const bytes = Buffer.from(readFileSync(path.join(build, 'tests/softkey/softkey.so')));
		bytes[4] = 1;
		bytes.writeUInt16LE(3, 18); // EM_386
		writeFileSync(file, bytes);
	},
	dll(file) {
		const bytes = Buffer.alloc(512);
		bytes.write('MZ');
		bytes.writeUInt32LE(128, 0x3c);
		bytes.write('PE\0\0', 128);
		bytes.writeUInt16LE(0x14c, 132); // IMAGE_FILE_MACHINE_I386
		bytes.writeUInt16LE(0x10b, 152);
		writeFileSync(file, bytes);
	},
};

export class Bus {
	// devices: [{id, number, storage}]; drivers: file name → how it is made (null: it is not there), those the configuration names; installed:
	// the same, of those it does not; registered: with p11-kit; inOpt: in /opt/vendor/lib; key: a token is plugged in; prepare(key, folder): what is on
	// it; settings, env: further ones; connect: a page is there.
	static async start({ devices = [], drivers = {}, installed = {}, registered = {}, inOpt = {}, key = false, prepare = () => {}, settings = {}, env = {}, connect = true } = {}) {
		const bus = new Bus();
		bus.more = env;
		bus.folder = temporaryFolder();
		bus.port = await freePort();
		bus.file = path.join(bus.folder, 'config.json');
		bus.key = await SoftKey.make(bus.folder);
		await prepare(bus.key, bus.folder);
		if (!key) bus.key.pull();
		mkdirSync(path.join(bus.folder, 'no-tokens'));
		writeFileSync(path.join(bus.folder, 'softhsm2.conf'), `directories.tokendir = ${path.join(bus.folder, 'no-tokens')}\n`);
		const configured = Object.entries(drivers).map(([name, how]) => bus.put('drivers', name, how));
		for (const [name, how] of Object.entries(installed)) bus.put('elsewhere', name, how);
		for (const [name, how] of Object.entries(registered)) {
			mkdirSync(path.join(bus.folder, 'pkcs11/modules'), { recursive: true });
			writeFileSync(path.join(bus.folder, 'pkcs11/modules', `${name}.module`), `# ${name}\nmodule:  ${bus.put('elsewhere', name, how)} \ncritical: no\n`);
		}
		writeFileSync(bus.file, JSON.stringify({ port: bus.port, state: path.join(bus.folder, 'state'), downloads: 'https://hall.example/drivers',
			modules: configured.map((file) => ({ path: file })), ...settings }));
		const opt = Object.entries(inOpt).map(([name, how]) => bus.put('opt', name, how));
		await bus.run(devices, opt, connect);
		return bus;
	}

	put(folder, name, how) {
		const file = path.join(this.folder, folder, name);
		mkdirSync(path.dirname(file), { recursive: true });
		if (how) makes[how](file);
		return file;
	}

	// umockdev and the sanitizers both want to be loaded first; a log file then ends in a crash. What they keep of freed memory is no growth.
	get env() {
		return { HOME: this.folder, XDG_CONFIG_HOME: this.folder, ...this.key.env, SOFTHSM2_CONF: path.join(this.folder, 'softhsm2.conf'), ...noDesktop, ...this.more,
			ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0:detect_leaks=0:quarantine_size_mb=1:log_path=stderr`,
			UBSAN_OPTIONS: `${process.env.UBSAN_OPTIONS ?? ''}:log_path=stderr` };
	}

	command(devices, opt, ...words) {
		const mount = 'mount -t tmpfs none /opt && mkdir -p /opt/vendor/lib && cp "$1"/* /opt/vendor/lib/ && shift && exec "$@"';
		const bus = ['umockdev-wrapper', 'python3', new URL('bus.py', import.meta.url).pathname, ...words];
		this.devices = devices;
		return opt.length > 0 ? [...inMountNamespace(), 'sh', '-c', mount, 'sh', path.dirname(opt[0]), ...bus] : bus;
	}

	async run(devices, opt, connect) {
		const [file, ...args] = this.command(devices, opt, program.keyhalld, '--config', this.file, '--foreground');
		this.service = new Service(file, args, { env: this.env, input: 'pipe' });
		this.tell(devices.map(describe));
		await untilListening(this.service, this.port);
		if (connect) this.agent = await Client.connect(this.port, { origin: `http://127.0.0.1:${this.port}` });
	}

	tell(what) { this.service.child.stdin.write(`${JSON.stringify(what)}\n`); }
	plugIn(device) { this.tell({ add: describe(device) }); }
	pullOut({ number }) { this.tell({ remove: `/sys${place(number)}` }); }

	// The check's rows of the bus, by id.
	async check(params = {}) {
		const { items } = await this.agent.call('environment.check', params);
		return Object.fromEntries(items.map((item) => [item.id, item]));
	}

	report() { return this.agent.call('diagnostics.report'); }

	async stop() {
		await this.agent?.close();
		await this.service?.stop();
		removeFolder(this.folder);
	}
}

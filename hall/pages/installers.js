/*
 * Installers of the key agent, as the hall lists them (GET /api/downloads): which is for this computer, and what to click
 * after the download. Where the hall lists none nothing is shown.
 *
 * For tests, by data-test: installer (data-why), installer-download (data-kind), installer-hash, installer-bundle,
 * installer-command, installer-steps, installer-waiting, installer-others; file (data-name), file-hash.
 */
(function () {
	'use strict';

	var Hall = window.Hall;

	/* What a browser says of its computer; the first sign that fits counts. Android names Linux, too. */
	var SYSTEMS = [
		{name: '', sign: /Android|CrOS|iPhone|iPad|Macintosh|Mac OS X|HarmonyOS/},
		{name: 'windows', sign: /Windows/},
		{name: 'linux', sign: /Linux|X11/}
	];
	/* Most browsers on Linux do not say whose; those that come with it do. */
	var FAMILIES = [
		{name: 'rpm', sign: /NeoKylin|openEuler|Fedora|CentOS|Red Hat|RHEL|Rocky|AlmaLinux|Anolis|SUSE/i},
		{name: 'deb', sign: /UOS|Deepin|Kylin|Ubuntu|Debian|Mint/i}
	];
	/* As packages call them. Browsers that hide the computer say x86_64 everywhere: another one that is named is true. */
	var PROCESSORS = [
		{names: ['arm64', 'aarch64'], sign: /aarch64|arm64/i},
		{names: ['loong64', 'loongarch64'], sign: /loong/i},
		{names: ['mips64el'], sign: /mips64/i},
		{names: ['x64', 'amd64', 'x86_64'], sign: /x86_64|Win64|WOW64|x64|amd64/i}
	];
	var MEGABYTE = 1000 * 1000;

	function find(table, text) {
		return table.filter(function (row) { return row.sign.test(text); })[0] || null;
	}

	/* What the user agent says, and the processor where the browser tells it when asked. done(text) */
	function ask(done) {
		var navigator = window.navigator, said = navigator.userAgent, more = navigator.userAgentData;
		if (!find(SYSTEMS, said)) { said += ' ' + navigator.platform; }
		if (!more || !more.getHighEntropyValues || !/Linux/.test(said)) { done(said); return; }
		more.getHighEntropyValues(['architecture', 'bitness']).then(function (values) {
			done(values.architecture === 'arm' && values.bitness === '64' ? said + ' arm64' : said);
		}, function () { done(said); });
	}

	/* {system, kinds: of installers that may fit, processors} */
	function machineOf(said) {
		var system = find(SYSTEMS, said), family = find(FAMILIES, said), processor = find(PROCESSORS, said);
		var name = system ? system.name : '';
		return {
			system: name,
			kinds: name === 'windows' ? ['exe'] : name === 'linux' ? family ? [family.name] : ['deb', 'rpm'] : [],
			processors: processor ? processor.names : []
		};
	}

	function isRecent(item) {
		var minimum = Hall.state && Hall.state.hall && Hall.state.hall.agent.minimum;
		return !minimum || !window.Keyhall || window.Keyhall.compareVersions(item.version, minimum) >= 0;
	}

	/* The newest of each kind that fits; the list has the newest first. */
	function fitting(items, machine) {
		return machine.kinds.map(function (kind) {
			return items.filter(function (item) {
				return item.kind === kind && machine.processors.indexOf(item.architecture) >= 0 && isRecent(item);
			})[0];
		}).filter(Boolean);
	}

	function sizeOf(bytes) {
		return bytes < MEGABYTE / 10 ? Math.ceil(bytes / 1000) + ' kB' : (bytes / MEGABYTE).toFixed(1) + ' MB';
	}

	function factsOf(item) {
		return [item.version && Hall.t('file.version', {version: item.version}), item.architecture, sizeOf(item.size)]
			.filter(Boolean).join(' · ');
	}

	function hash(item, test) {
		return Hall.h('p.file-hash', {}, ['SHA-256 ', Hall.h('code', {text: item.sha256, 'data-test': test})]);
	}

	function download(item) {
		return Hall.h('div.installer-one', {}, [
			Hall.h('p', {}, [
				Hall.h('a.button.button-primary', {
					href: item.url, download: item.name, text: Hall.t('installer.download.' + item.kind),
					'data-test': 'installer-download', 'data-kind': item.kind
				}),
				Hall.h('span.installer-facts', {text: factsOf(item)})
			]),
			item.kind !== 'exe' && Hall.h('p.field-note', {text: Hall.t('installer.for.' + item.kind)}),
			hash(item, 'installer-hash')
		]);
	}

	/* By which an agent on Linux takes the configuration from here. */
	function command(item) {
		return Hall.h('p.file-command', {}, [
			Hall.h('code', {text: 'keyhall configure ' + window.location.origin + item.url, 'data-test': 'installer-command'})
		]);
	}

	/* The configuration for this hall: an installer for Windows takes it from its own folder, elsewhere the agent is told of it. */
	function bundle(item, machine) {
		var linux = machine.system === 'linux';
		return Hall.h('div.installer-bundle', {}, [
			linux && Hall.h('p', {text: Hall.t('installer.bundle.command')}),
			linux && command(item),
			Hall.h('p', {}, [
				Hall.t('installer.bundle.' + machine.system) + ' ',
				Hall.h('a', {href: item.url, download: item.name, text: item.name, 'data-test': 'installer-bundle'})
			])
		]);
	}

	function stepsOf(best) {
		var kind = best.length > 1 ? 'linux' : best[0].kind;
		return Hall.h('ol.numbered', {'data-test': 'installer-steps'}, [1, 2, 3].map(function (n) {
			return Hall.h('li', {text: Hall.t('installer.' + kind + '.' + n, {name: best[0].name})});
		}));
	}

	function row(item) {
		return Hall.h('li.file', {'data-test': 'file', 'data-name': item.name}, [
			Hall.h('p.file-name', {}, [Hall.h('a', {href: item.url, download: item.name, text: item.name})]),
			Hall.h('p', {text: Hall.t('file.' + item.kind) + ' · ' + factsOf(item)}),
			hash(item, 'file-hash')
		]);
	}

	function rows(items) { return Hall.h('ul.files', {}, items.map(row)); }

	function others(items, open) {
		return items.length > 0 && Hall.h('details.more', {open: open, 'data-test': 'installer-others'}, [
			Hall.h('summary', {text: Hall.t(open ? 'installer.all' : 'installer.others', {n: items.length})}), rows(items)
		]);
	}

	function isInstaller(item) { return item.system !== undefined; }
	function isConfiguration(item) { return item.kind === 'configuration'; }

	/* For an agent that does not know this hall. */
	function settings(items, machine) {
		var file = items.filter(isConfiguration)[0];
		return file ? Hall.h('section.installer', {'data-test': 'installer', 'data-why': 'origin.denied'}, [
			Hall.h('h3', {text: Hall.t('settings.title')}),
			Hall.h('p', {}, [
				Hall.h('a.button.button-primary', {
					href: file.url, download: file.name, text: Hall.t('settings.download'), 'data-test': 'installer-bundle'
				}),
				Hall.h('span.installer-facts', {text: factsOf(file)})
			]),
			hash(file, 'installer-hash'),
			Hall.h('p.settings-how', {text: Hall.t(machine.system === 'windows' ? 'settings.windows' : 'settings.linux')}),
			machine.system !== 'windows' && command(file),
			Hall.spinner(Hall.t('settings.waiting'), 'installer-waiting')
		]) : null;
	}

	/* why: agent.not_running, agent.outdated, agent.protocol; '' where nobody waits for it. */
	function section(items, machine, why) {
		var best = fitting(items, machine);
		var configuration = best.length > 0 && items.filter(isConfiguration)[0];
		var rest = items.filter(function (item) { return best.indexOf(item) < 0 && item !== configuration; });
		return Hall.h('section.installer', {'data-test': 'installer', 'data-why': why}, [
			Hall.h(why ? 'h3' : 'h2', {text: Hall.t(why === 'agent.not_running' || !why ? 'installer.title' : 'installer.title.update')}),
			best.length === 0 && Hall.h('p', {text: Hall.t('installer.none')})
		].concat(best.map(download), [
			configuration && bundle(configuration, machine),
			best.length > 0 && stepsOf(best),
			why && Hall.spinner(Hall.t('installer.waiting'), 'installer-waiting'),
			why && others(rest, best.length === 0)
		]));
	}

	Hall.installers = {
		/* done(items): what the hall lists, [] where it lists nothing. */
		load: function (done) {
			Hall.api.get('/api/downloads', function (error, answer) { done(error ? [] : answer.downloads); });
		},
		/* done(element) for this computer and what is wrong there; null where the hall has nothing for it. */
		section: function (items, why, done) {
			ask(function (said) {
				var machine = machineOf(said);
				if (why === 'origin.denied') { done(settings(items, machine)); return; }
				done(items.some(isInstaller) ? section(items, machine, why) : null);
			});
		},
		/* done(item): an installer for this computer that is newer than version, or null. */
		newer: function (items, version, done) {
			ask(function (said) {
				done(fitting(items, machineOf(said)).filter(function (item) {
					return window.Keyhall.compareVersions(item.version, version) > 0;
				})[0] || null);
			});
		},
		rows: rows
	};
}());

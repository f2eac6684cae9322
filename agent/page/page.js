/* The certificate manager: keys plugged in, their certificates, orders that wait, the environment, the PIN. */
(function () {
	'use strict';

	var look = window.KeyhallLook;
	var TEXTS = {
		'title': ['证书管理', 'Certificate manager'],
		'skip': ['跳到正文', 'Skip to content'],
		'check': ['环境检测', 'Environment check'],
		'again': ['重新检测', 'Check again'],
		'report': ['下载诊断报告', 'Download the support report'],
		'report.why': ['一个 .zip 文件，客服需要时请发送给客服；其中不含 PIN 码和私钥。', 'One .zip for the hotline, when it asks for it; no PIN and no private key is in it.'],
		'report.making': ['正在生成诊断报告……', 'Making the report …'],
		'report.saved': ['诊断报告已保存：{name}（浏览器的下载文件夹）。', 'The report was saved as {name}, where the browser puts downloads.'],
		'report.otherwise': ['也可以在终端运行 keyhall report 生成同样的文件。', 'In a terminal, keyhall report makes the same file.'],
		'none': ['未检测到 USB Key，请插入 USB Key。', 'No key is plugged in. Plug it in.'],
		'empty': ['未读取到证书。', 'No certificate is shown.'],
		'reveal': ['部分 USB Key 检验 PIN 码后才显示证书。', 'Some keys show their certificates only after the PIN was verified.'],
		'verify': ['检验 PIN 码', 'Verify the PIN'],
		'reading': ['正在读取 USB Key……', 'Reading the keys …'],
		'connecting': ['正在连接数字证书控件……', 'Connecting to the key agent …'],
		'serial': ['序列号', 'Serial number'],
		'pin': ['PIN 码', 'PIN'],
		'module': ['驱动模块', 'Module'],
		'change': ['修改 PIN 码', 'Change the PIN'],
		'changed': ['PIN 码已修改。', 'The PIN was changed.'],
		'unlock': ['解锁 PIN 码', 'Unlock the PIN'],
		'unlock.title': ['PIN 码已锁定', 'The PIN is locked'],
		'unlock.how': ['只有 CA 机构能够解锁：请携带该 USB Key（序列号 {serial}）和单位证明到服务网点办理，或联系客服。解锁由 CA 机构使用管理员 PIN 码完成，本机无法解锁。',
			'Only the CA can unlock it, with a PIN of its own: take the key (serial number {serial}) and the company\'s papers to its desk, or call the hotline. This computer cannot.'],
		'unlock.kept': ['证书和未完成的订单都会保留，解锁后可继续办理。', 'Certificates and unfinished orders are kept, and go on afterwards.'],
		'unlock.where': ['服务网点和客服', 'Desk and hotline'],
		'window': ['请在弹出的 PIN 码窗口中操作；如未看到窗口，请检查任务栏或是否被浏览器遮挡。', 'Go on in the PIN window; if you do not see it, look behind the browser or in the task bar.'],
		'pin.ok': ['正常', 'usable'],
		'pin.low': ['此前曾输错', 'a wrong PIN was entered'],
		'pin.final': ['只剩最后一次机会', 'one try left'],
		'pin.locked': ['已锁定', 'locked'],
		'pin.unset': ['尚未设置', 'not set'],
		'pin.expired': ['须先修改', 'must be changed first'],
		'keyless': ['没有对应的私钥', 'no private key for it'],
		'early': ['{opens} 起可以更新。', 'To be renewed from {opens}.'],
		'open': ['可以更新（{opens} 至 {closes}）。', 'May be renewed now ({opens} to {closes}).'],
		'late': ['已超过更新期限（{closes}），请申请新证书。', 'Too late: renewal closed on {closes}. Apply for a new certificate.'],
		'renew': ['前往更新', 'Renew'],
		'pending': ['待完成的更新', 'Unfinished renewals'],
		'continue': ['继续', 'Continue'],
		'order': ['订单号 {order}', 'Order {order}'],
		'order.unknown': ['订单', 'An order'],
		'stage.nothing': ['尚未开始', 'not begun'],
		'stage.key': ['已生成密钥，待安装证书', 'key pair made, certificate to be installed'],
		'stage.certificate': ['已写入签名证书，未完成', 'signing certificate written, not finished'],
		'stage.encryption-key': ['已写入加密密钥，未完成', 'encryption key written, not finished'],
		'stage.installed': ['证书已安装，待确认', 'installed, to be confirmed'],
		'stage.completed': ['已完成', 'done'],
		'slow': ['USB Key 驱动程序响应较慢，已等待 {seconds} 秒，最长约 {limit} 秒。', 'The key\'s driver is slow: {seconds} s so far, {limit} s at most.'],
		'error': ['错误代码：{code}（{name}）', 'Error {code} ({name})'],
		'version': ['数字证书控件 {version}', 'Key agent {version}'],
		'row.agent': ['数字证书控件', 'Key agent'], 'row.version': ['控件版本', 'Agent version'], 'row.browser': ['浏览器', 'Browser'],
		'row.hall': ['服务厅', 'Service hall'], 'row.anchors': ['CA 根证书', 'CA root certificate'], 'row.usb': ['USB 设备', 'USB device'],
		'row.driver': ['USB Key 驱动', 'Key driver'], 'row.reader': ['智能卡服务', 'Smart card service'], 'row.key': ['USB Key', 'USB key'],
		'row.pin': ['PIN 码状态', 'PIN state'], 'row.space': ['存储空间', 'Room on the key'], 'row.window': ['PIN 码窗口', 'PIN window'],
		'row.certificate': ['数字证书', 'Certificate'], 'row.pending': ['未完成订单', 'Unfinished order'], 'row.clock': ['系统时间', 'Clock'],
		'row.state': ['更新记录', 'Renewal record'], 'row.other': ['其他程序', 'Other programs']
	};
	var language = /^zh/i.test(navigator.language) ? 'zh' : 'en';
	var client = null, hall = '', looking = false, wanted = false;

	function byId(id) { return document.getElementById(id); }
	function each(selector, call) { Array.prototype.forEach.call(document.querySelectorAll(selector), call); }

	function t(name, fields) {
		var row = TEXTS[name];
		return (row ? row[language === 'en' ? 1 : 0] : name).replace(/\{(\w+)\}/g, function (whole, field) { return fields[field]; });
	}

	/* ---- what is said at the top ---- */

	function quiet() { look.clear(byId('state')); }
	function wait(text) { look.fill(byId('state'), look.spinner(text)); }

	function failed(error, hint) {
		look.fill(byId('state'), look.notice('bad', {
			text: error.message, hint: hint, detail: error.code && t('error', {code: Math.abs(error.code), name: error.name}),
			name: error.name, test: 'problem'
		}));
	}

	function focusState() { byId('state').firstChild && byId('state').firstChild.focus(); }

	/* ---- keys and certificates ---- */

	function below(certificate) {
		var times = certificate.renewal;
		var fields = {opens: look.date(times.opens), closes: look.date(times.closes)};
		if (certificate.usage === 'encrypt') { return []; }
		if (certificate.hasPrivateKey === false) { return [look.h('p.card-why', {text: t('keyless')})]; }
		return [
			look.h(times.state === 'open' ? 'p.card-open' : 'p.card-why', {text: t(times.state, fields)}),
			times.state === 'open' && hall && look.h('div.actions', {}, [
				look.h('a.button.button-primary', {href: hall + '/renew', target: '_blank', rel: 'noopener', text: t('renew'), 'data-test': 'renew'})
			])
		];
	}

	function card(pair) {
		return look.card(language, {pair: pair, times: pair.main.renewal, now: Date.now(), below: below(pair.main)});
	}

	/* A call for which the PIN window opens. */
	function withWindow(method, token, button, said) {
		button.disabled = true;
		look.fill(byId('state'), look.notice('info', {text: t('window'), test: 'pin-waiting'}));
		client.call(method, {token: token.token}).then(function () {
			quiet();
			if (said) { look.fill(byId('state'), look.notice('good', {text: t(said), test: said})); }
		}, failed).then(function () {
			button.disabled = false;
			focusState();
			read(true);
		});
	}

	function windowButton(text, method, token, said) {
		var button = look.button('plain', t(text), text, function () { withWindow(method, token, button, said); });
		return button;
	}

	/* What unlocks a key is at the CA only. */
	function tellUnlock(token) {
		look.fill(byId('state'), look.notice('warn', {
			title: t('unlock.title'), text: t('unlock.how', {serial: token.serial}), hint: t('unlock.kept'), test: 'unlock-how',
			actions: hall ? [look.h('a.button.button-plain', {href: hall + '/help#service', target: '_blank', rel: 'noopener', text: t('unlock.where')})] : []
		}));
		focusState();
	}

	function pinButton(token) {
		if (token.pin === 'locked') { return look.button('plain', t('unlock'), 'unlock', function () { tellUnlock(token); }); }
		return windowButton('change', 'pin.change', token, 'changed');
	}

	function empty(token) {
		return [
			look.h('p.empty', {text: t('empty') + (token.login ? '' : ' ' + t('reveal'))}),
			!token.login && look.h('div.actions', {}, [windowButton('verify', 'pin.verify', token)])
		];
	}

	function showKey(token, certificates) {
		var pairs = look.pairs(certificates.filter(function (one) { return one.token === token.token; }), function (one) { return one.renewal; });
		var facts = [token.serial && t('serial') + ' ' + token.serial, t('pin') + ' ' + t('pin.' + token.pin), t('module') + ' ' + token.module];
		return look.h('section.panel.key', {'data-serial': token.serial, 'data-pin': token.pin}, [
			look.h('div.section-head', {}, [
				look.h('h2', {text: token.label || token.model}),
				look.h('div.actions', {}, [pinButton(token)])
			]),
			look.h('p.key-facts', {text: facts.filter(Boolean).join(' · ')})
		].concat(pairs.length ? pairs.map(card) : empty(token)));
	}

	function showPending(renewals) {
		var waiting = renewals.filter(function (info) { return info.next !== 'none' && (info.order || info.mark); });
		byId('pending').hidden = waiting.length === 0;
		look.fill(byId('pending'), look.h('div.panel', {}, [look.h('h2', {text: t('pending')})].concat(waiting.map(function (info) {
			var name = info.order ? t('order', {order: info.order.replace(/^(\d{4})(\d{4})(\d{4})$/, '$1 $2 $3')}) : t('order.unknown');
			return look.h('div.pending-row', {'data-order': info.order || info.mark}, [
				look.h('p', {text: name + ' · ' + t('stage.' + info.stage)}),
				hall && look.h('a.button.button-primary', {
					href: hall + '/renew?order=' + encodeURIComponent(info.order || info.mark), target: '_blank', rel: 'noopener',
					text: t('continue'), 'data-test': 'continue'
				})
			]);
		}))));
	}

	function showRows(items) {
		look.fill(byId('items'), items.map(function (item) { return look.check(language, item, t('row.' + item.id)); }));
	}

	/* ---- looking, one at a time; what came meanwhile is looked at afterwards ---- */

	function checkRows() { return client.call('environment.check').then(function (answer) { showRows(answer.items); }, failed); }

	function readKeys() {
		return Promise.all([client.call('token.list'), client.call('certificate.list'), client.call('renewal.list')]).then(function (all) {
			var tokens = all[0].tokens;
			look.fill(byId('keys'), tokens.length ? tokens.map(function (token) {
				return showKey(token, all[1].certificates);
			}) : look.h('p.panel.empty', {text: t('none'), 'data-test': 'none'}));
			showPending(all[2].renewals);
		}, function (error) {
			look.clear(byId('keys'));
			failed(error);
		});
	}

	function read(keepState) {
		var mine = client;
		if (looking) { wanted = true; return; }
		looking = true;
		if (!keepState) { wait(t('reading')); }
		byId('look').disabled = true;
		readKeys().then(checkRows).then(function () {
			looking = false;
			if (mine !== client) { read(); return; }
			byId('look').disabled = false;
			if (byId('state').querySelector('.waiting')) { quiet(); }
			if (!keepState && location.hash === '#check') { byId('check').scrollIntoView(); }
			if (wanted) { wanted = false; read(true); }
		});
	}

	function bytesOf(base64) {
		var text = atob(base64), bytes = new Uint8Array(text.length), i;
		for (i = 0; i < text.length; i++) { bytes[i] = text.charCodeAt(i); }
		return bytes;
	}

	function save(file) {
		var address = URL.createObjectURL(new Blob([bytesOf(file.archive)], {type: 'application/zip'}));
		var link = look.h('a', {href: address, download: file.name});
		document.body.appendChild(link);
		link.click();
		document.body.removeChild(link);
		setTimeout(function () { URL.revokeObjectURL(address); }, 1000);
	}

	function saveReport() {
		byId('report').disabled = true;
		wait(t('report.making'));
		client.call('diagnostics.archive').then(function (file) {
			save(file);
			look.fill(byId('state'), look.notice('good', {text: t('report.saved', {name: file.name}), test: 'report-saved'}));
		}).catch(function (error) {
			failed(error, t('report.otherwise'));
		}).then(function () {
			byId('report').disabled = false;
			focusState();
		});
	}

	function onSlow(slow) { wait(t('slow', {seconds: slow.seconds, limit: slow.limit})); }

	function start() {
		if (client) { client.close(); }
		document.documentElement.lang = language === 'en' ? 'en' : 'zh-CN';
		document.title = t('title');
		each('[data-text]', function (element) { element.textContent = t(element.getAttribute('data-text')); });
		each('[data-language]', function (button) { button.setAttribute('aria-pressed', String(button.getAttribute('data-language') === language)); });
		wait(t('connecting'));
		client = new window.Keyhall.Client({ports: [Number(location.port)], locale: language === 'en' ? 'en' : 'zh-CN'});
		client.on('open', function (hello) {
			hall = hello.hall || '';
			byId('version').textContent = t('version', {version: hello.version});
			read();
		});
		client.on('token.changed', function () { read(true); });
		client.on('slow', onSlow);
		client.on('state', function (state) { if (state.error) { failed(state.error); } });
		client.connect().catch(failed);
	}

	each('[data-language]', function (button) {
		button.addEventListener('click', function () {
			if (language === button.getAttribute('data-language')) { return; }
			language = button.getAttribute('data-language');
			start();
		});
	});
	byId('look').addEventListener('click', function () { read(); });
	byId('report').addEventListener('click', saveReport);
	start();
}());

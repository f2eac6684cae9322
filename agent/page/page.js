/* The certificate manager: keys plugged in, their certificates, the PIN. */
(function () {
	'use strict';

	var TEXTS = {
		zh: {
			title: '证书管理', other: 'English', check: '环境检测', again: '重新检测', report: '保存诊断报告',
			none: '未检测到 USB Key，请插入后重新检测。', empty: '此 USB Key 中没有证书。',
			serial: '序列号', pin: 'PIN 码', module: '驱动模块', change: '修改 PIN 码', changed: 'PIN 码已修改。',
			changing: '请在弹出的 PIN 码窗口中操作。',
			subject: '主题', issuer: '颁发者', number: '证书序列号', credit: '统一社会信用代码', usage: '用途', key: '密钥',
			from: '生效日期', to: '失效日期', window: '更新期限', until: ' 至 ', details: '详细信息',
			left: '剩余 {n} 天', over: '已过期 {n} 天', expired: '已过期', valid: '有效', soon: '即将到期', future: '未生效',
			keyless: '没有对应的私钥', version: '数字证书控件 ',
			sign: '签名', encrypt: '加密', both: '签名和加密',
			ok: '正常', low: '此前曾输错', final: '只剩最后一次机会', locked: '已锁定', unset: '尚未设置', change_first: '须先修改',
			stateOk: '正常', stateWarn: '注意', stateFail: '异常', stateUnknown: '未知'
		},
		en: {
			title: 'Certificate manager', other: '中文', check: 'Environment check', again: 'Check again', report: 'Save support report',
			none: 'No key is plugged in. Plug it in and check again.', empty: 'There is no certificate on this key.',
			serial: 'Serial number', pin: 'PIN', module: 'Module', change: 'Change PIN', changed: 'The PIN was changed.',
			changing: 'Go on in the PIN window.',
			subject: 'Subject', issuer: 'Issuer', number: 'Certificate number', credit: 'Credit code', usage: 'Usage', key: 'Key',
			from: 'Valid from', to: 'Valid until', window: 'Renewal', until: ' to ', details: 'Details',
			left: '{n} days left', over: 'expired {n} days ago', expired: 'expired', valid: 'valid', soon: 'expires soon', future: 'not yet valid',
			keyless: 'no private key for it', version: 'Key agent ',
			sign: 'signing', encrypt: 'encryption', both: 'signing and encryption',
			ok: 'usable', low: 'a wrong PIN was entered', final: 'one try left', locked: 'locked', unset: 'not set', change_first: 'must be changed first',
			stateOk: 'ok', stateWarn: 'warning', stateFail: 'fault', stateUnknown: 'unknown'
		}
	};
	var STATES = { ok: 'good', warn: 'warn', fail: 'bad', unknown: 'warn' };
	var language = /^zh/i.test(navigator.language) ? 'zh' : 'en';
	var client, running = 0;

	function byId(id) { return document.getElementById(id); }
	function text(name, n) { return TEXTS[language][name].replace('{n}', n); }
	function day(time) { return time.slice(0, 10); }

	function make(tag, className, content) {
		var element = document.createElement(tag);
		if (className) { element.className = className; }
		if (content !== undefined) { element.textContent = content; }
		return element;
	}

	function say(message, kind) {
		byId('state').textContent = message || '';
		byId('state').className = kind || '';
	}

	/* The common name out of an RFC 4514 name, else all of it. */
	function commonName(subject) {
		var hit = /(?:^|[,+])CN=((?:\\.|[^,+\\])*)/i.exec(subject);
		return hit ? hit[1].replace(/\\(.)/g, '$1') : subject;
	}

	function validity(certificate) {
		var left = certificate.renewal.daysLeft;
		if (Date.parse(certificate.notBefore) > Date.now()) { return ['future', 'warn']; }
		if (left < 0) { return ['expired', 'bad']; }
		return certificate.renewal.state === 'early' ? ['valid', 'good'] : ['soon', 'warn'];
	}

	function facts(rows) {
		var list = make('dl');
		rows.forEach(function (row) {
			if (!row[1]) { return; }
			list.appendChild(make('dt', '', text(row[0])));
			list.appendChild(make('dd', row[2], row[1]));
		});
		return list;
	}

	function showCertificate(certificate) {
		var article = make('article', 'certificate'), heading = make('h3', '', commonName(certificate.subject));
		var state = validity(certificate), left = certificate.renewal.daysLeft, more = make('details');

		heading.appendChild(make('span', 'mark ' + state[1], text(state[0])));
		if (certificate.hasPrivateKey === false) { heading.appendChild(make('span', 'mark warn', text('keyless'))); }
		article.appendChild(heading);
		article.appendChild(facts([
			['from', day(certificate.notBefore)],
			['to', day(certificate.notAfter) + (language === 'zh' ? '（' : ' (') + text(left < 0 ? 'over' : 'left', Math.abs(left)) + (language === 'zh' ? '）' : ')'), state[1]],
			['usage', text(certificate.usage)]
		]));
		more.appendChild(make('summary', '', text('details')));
		more.appendChild(facts([
			['subject', certificate.subject], ['issuer', certificate.issuer], ['number', certificate.serialNumber],
			['credit', certificate.creditCode], ['key', certificate.keyType],
			['window', day(certificate.renewal.opens) + text('until') + day(certificate.renewal.closes)]
		]));
		article.appendChild(more);
		return article;
	}

	function showKey(token, certificates) {
		var card = make('article', 'key'), head = make('header'), names = make('div'), change = make('button', 'plain', text('change'));
		var own = certificates.filter(function (one) { return one.token === token.token; });

		names.appendChild(make('h2', '', token.label || token.model));
		names.appendChild(make('p', 'facts', (token.serial ? text('serial') + ' ' + token.serial + ' · ' : '') + text('pin') + ' ' + text(token.pin === 'expired' ? 'change_first' : token.pin) + ' · ' + text('module') + ' ' + token.module));
		change.type = 'button';
		change.addEventListener('click', function () { changePin(token, change); });
		head.appendChild(names);
		head.appendChild(change);
		card.appendChild(head);
		if (own.length === 0) { card.appendChild(make('p', 'facts', text('empty'))); }
		own.forEach(function (one) { card.appendChild(showCertificate(one)); });
		return card;
	}

	function showItems(items) {
		var list = byId('items');
		list.textContent = '';
		items.forEach(function (item) {
			var row = make('li'), words = item.text + (item.remedy ? ' ' + item.remedy.text : '');
			row.appendChild(make('b', STATES[item.state], text('state' + item.state.charAt(0).toUpperCase() + item.state.slice(1))));
			row.appendChild(make('span', '', words));
			list.appendChild(row);
		});
		byId('check').hidden = items.length === 0;
	}

	function failed(error) { say(error.message, 'bad'); }

	/* One look at a time; what came meanwhile is looked at afterwards. */
	function look(checked) {
		if (running) { running = 2; return Promise.resolve(); }
		running = 1;
		return Promise.all([client.call('token.list'), client.call('certificate.list'), checked ? client.call('environment.check') : null]).then(function (all) {
			var keys = byId('keys');
			keys.textContent = '';
			all[0].tokens.forEach(function (token) { keys.appendChild(showKey(token, all[1].certificates)); });
			if (all[0].tokens.length === 0) { keys.appendChild(make('section', '', text('none'))); }
			if (all[2]) { showItems(all[2].items); }
		}).catch(function (error) {
			if (error.name === 'driver.missing') { byId('keys').textContent = ''; }
			failed(error);
			if (checked) { client.call('environment.check').then(function (answer) { showItems(answer.items); }, failed); }
		}).then(function () {
			var again = running === 2;
			running = 0;
			if (again) { return look(false); }
		});
	}

	function changePin(token, button) {
		button.disabled = true;
		say(text('changing'));
		client.call('pin.change', { token: token.token }).then(function () { say(text('changed'), 'good'); }, failed).then(function () {
			button.disabled = false;
			look(false);
		});
	}

	function saveReport() {
		client.call('diagnostics.report').then(function (report) {
			var link = make('a'), address = URL.createObjectURL(new Blob([JSON.stringify(report, null, '\t')], { type: 'application/json' }));
			link.href = address;
			link.download = 'keyhall-report.json';
			document.body.appendChild(link);
			link.click();
			document.body.removeChild(link);
			setTimeout(function () { URL.revokeObjectURL(address); }, 1000);
		}).catch(failed);
	}

	function start() {
		if (client) { client.close(); }
		document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
		document.title = text('title');
		Array.prototype.forEach.call(document.querySelectorAll('[data-text]'), function (element) { element.textContent = text(element.getAttribute('data-text')); });
		byId('language').textContent = text('other');
		say('');
		client = new window.Keyhall.Client({ ports: [Number(location.port)], locale: language });
		client.on('open', function (hello) { byId('version').textContent = text('version') + hello.version; say(''); look(true); });
		client.on('token.changed', function () { look(false); });
		client.on('state', function (state) { if (state.error) { say(state.text, 'bad'); } });
		client.connect().catch(failed);
	}

	byId('language').addEventListener('click', function () { language = language === 'zh' ? 'en' : 'zh'; start(); });
	byId('look').addEventListener('click', function () { say(''); look(true); });
	byId('report').addEventListener('click', saveReport);
	start();
}());

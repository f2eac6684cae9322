/*
 * look.js: what the hall's pages and the certificate manager show alike: elements, names, days, which certificates are
 * a pair, how urgent one is, a card, a row of the environment check. With look.css. ES5, global KeyhallLook; a hall of
 * its own look needs none of it.
 *
 * locale is 'zh' or 'en'. Everything is text: no HTML strings, so nothing a key or a server says becomes markup.
 */
(function () {
	'use strict';

	var DAY = 24 * 60 * 60 * 1000;
	/* A pair begins and ends together; an encryption certificate kept from an earlier year is none of it. */
	var PAIR_DAYS = 60;
	var MARKS = {ok: '✓', warn: '!', fail: '✕', unknown: '?', wait: '…'};

	var TEXTS = {
		'days.left': ['剩余 {n} 天', '{n} days left'],
		'days.today': ['今天到期', 'Expires today'],
		'days.ended': ['今天已过期', 'Expired today'],
		'days.over': ['已过期 {n} 天', 'Expired {n} days ago'],
		'days.future': ['尚未生效', 'Not yet valid'],
		'usage.sign': ['签名证书', 'Signing certificate'],
		'usage.encrypt': ['加密证书', 'Encryption certificate'],
		'usage.both': ['签名和加密证书', 'Signing and encryption certificate'],
		'usage.pair': ['签名证书 + 加密证书', 'Signing and encryption certificates'],
		'validity': ['有效期', 'Valid'],
		'fromto': ['{from} 至 {to}', '{from} to {to}'],
		'bar': ['有效期 {from} 至 {to}；可更新期限 {opens} 至 {closes}', 'Valid {from} to {to}; to be renewed {opens} to {closes}'],
		'bar.window': ['可更新', 'renewal'],
		'more': ['证书详情', 'Details'],
		'subject': ['证书主题', 'Subject'],
		'issuer': ['颁发机构', 'Issuer'],
		'chain': ['Key 中的 CA 证书', 'CA certificates on the key'],
		'chain.one': ['{name}（{life}）', '{name} ({life})'],
		'serial': ['证书序列号', 'Serial number'],
		'creditCode': ['统一社会信用代码', 'Credit code'],
		'keyType': ['密钥类型', 'Key'],
		'state.ok': ['：正常', ': well'],
		'state.warn': ['：请注意', ': please note'],
		'state.fail': ['：未通过', ': failed'],
		'state.unknown': ['：未知', ': unknown'],
		'state.wait': ['：检测中', ': being checked'],
		'number': ['代码 {n}', 'code {n}'],
		'open': ['前往处理', 'Open']
	};

	/* ---- elements ---- */

	function applyAttribute(element, name, value) {
		if (value === null || value === undefined || value === false) { return; }
		if (name === 'text') {
			element.textContent = value;
		} else if (name === 'onclick' || name === 'oninput' || name === 'onsubmit' || name === 'onchange') {
			element.addEventListener(name.slice(2), value);
		} else {
			element.setAttribute(name, value === true ? '' : value);
		}
	}

	function append(element, children) {
		[].concat(children === undefined ? [] : children).forEach(function (child) {
			if (child === null || child === undefined || child === false) { return; }
			element.appendChild(typeof child === 'string' ? document.createTextNode(child) : child);
		});
		return element;
	}

	/* h('p.note', {text: …, onclick: …, 'data-test': …}, [children]) */
	function h(spec, attributes, children) {
		var parts = spec.split('.');
		var element = document.createElement(parts[0]);
		if (parts.length > 1) { element.className = parts.slice(1).join(' '); }
		Object.keys(attributes || {}).forEach(function (name) { applyAttribute(element, name, attributes[name]); });
		return append(element, children);
	}

	function clear(element) {
		while (element.firstChild) { element.removeChild(element.firstChild); }
		return element;
	}

	function fill(element, children) { return append(clear(element), children); }

	/* kind: primary, plain or quiet */
	function button(kind, text, test, action) {
		return h('button.button.button-' + kind, {type: 'button', text: text, 'data-test': test, onclick: action});
	}

	/* pairs: [[term, description], …]; a description may be an element; without one there is no row */
	function details(pairs) {
		var list = h('dl.details');
		pairs.forEach(function (pair) {
			if (!pair || !pair[1]) { return; }
			append(list, h('div', {}, [h('dt', {text: pair[0]}), h('dd', {}, [pair[1]])]));
		});
		return list;
	}

	/* kind: info, good, warn or bad; content: {title, text, hint, detail, name, test, actions: [buttons]} */
	function notice(kind, content) {
		return h('div.notice.notice-' + kind, {
			role: kind === 'bad' || kind === 'warn' ? 'alert' : 'status',
			tabindex: '-1',
			'data-test': content.test,
			'data-error': content.name
		}, [
			content.title && h('p.notice-title', {text: content.title}),
			content.text && h('p', {text: content.text}),
			content.hint && h('p', {text: content.hint}),
			content.detail && h('p.notice-detail', {text: content.detail}),
			content.actions && content.actions.length > 0 && h('div.actions', {}, content.actions)
		]);
	}

	function spinner(text, test) {
		return h('p.waiting', {role: 'status', 'data-test': test}, [h('span.spinner', {'aria-hidden': 'true'}), h('span', {text: text})]);
	}

	/* ---- texts, names, dates ---- */

	function t(locale, name, fields) {
		return TEXTS[name][locale === 'en' ? 1 : 0].replace(/\{(\w+)\}/g, function (whole, field) { return fields[field]; });
	}

	function two(number) { return (number < 10 ? '0' : '') + number; }

	/* RFC 3339 → 2026-11-22 in local time */
	function date(time) {
		var at = new Date(time);
		if (isNaN(at.getTime())) { return ''; }
		return at.getFullYear() + '-' + two(at.getMonth() + 1) + '-' + two(at.getDate());
	}

	/* One attribute of an RFC 4514 name, unescaped; '' where it is absent. */
	function attribute(name, type) {
		var found = new RegExp('(?:^|[,+])\\s*' + type + '=((?:\\\\.|[^,+\\\\])*)', 'i').exec(name || '');
		return found ? found[1].replace(/\\([0-9A-Fa-f]{2})/g, '%$1').replace(/\\(.)/g, '$1') : '';
	}

	function company(subject) {
		var name = attribute(subject, 'O') || attribute(subject, 'CN');
		try {
			return /%[0-9A-Fa-f]{2}/.test(name) ? decodeURIComponent(name) : name;
		} catch (ignored) {
			return name;
		}
	}

	function common(name) { return attribute(name, 'CN') || attribute(name, 'O') || name; }

	/* aa01bc → AA 01 BC, breakable at the blanks */
	function serial(hex) { return (hex || '').toUpperCase().replace(/(..)(?=.)/g, '$1 '); }

	function fromTo(locale, certificate) {
		return t(locale, 'fromto', {from: date(certificate.notBefore), to: date(certificate.notAfter)});
	}

	/* ---- rules ---- */

	function timeOf(time) { return new Date(time).getTime(); }

	/* Whole days that are left, or over: half a day after its end a certificate has expired today, not a day ago. */
	function days(locale, certificate, now) {
		var left = timeOf(certificate.notAfter) - now;
		var n = Math.floor(Math.abs(left) / DAY);
		if (timeOf(certificate.notBefore) > now) { return t(locale, 'days.future'); }
		if (left < 0) { return n > 0 ? t(locale, 'days.over', {n: n}) : t(locale, 'days.ended'); }
		return n > 0 ? t(locale, 'days.left', {n: n}) : t(locale, 'days.today');
	}

	/* calm: not to be renewed yet; soon: to be renewed; over: expired, whether it may still be renewed or not. */
	function urgency(certificate, times, now) {
		if (timeOf(certificate.notAfter) < now) { return 'over'; }
		return times.state === 'early' ? 'calm' : 'soon';
	}

	function apart(a, b) {
		return Math.abs(timeOf(a.notBefore) - timeOf(b.notBefore)) + Math.abs(timeOf(a.notAfter) - timeOf(b.notAfter));
	}

	function isPartner(one, other) {
		return one.usage === 'sign' && other.usage === 'encrypt' && other.token === one.token && other.subject === one.subject &&
			other.issuer === one.issuer && apart(one, other) <= PAIR_DAYS * DAY;
	}

	/* The certificates of CAs that are on the key, too: from the one's issuer up. */
	function chainOf(one, certificates) {
		var chain = [], at = one;
		function isNext(other) {
			return other !== one && chain.indexOf(other) < 0 && other.hasPrivateKey === false && other.token === one.token && other.subject === at.issuer;
		}
		while (at && certificates.some(isNext)) {
			at = certificates.filter(isNext)[0];
			chain.push(at);
		}
		return chain;
	}

	/*
	 * certificates → [{main, encrypt, chain}], the urgent first, always in the same order: main is what is renewed, encrypt
	 * what goes with it, or null; chain the certificates of its CAs on the key. An encryption certificate without its
	 * signing certificate stands alone, and so does a CA's that nobody's certificate is of.
	 * timesOf(certificate): {state, opens, closes}.
	 */
	function pairs(all, timesOf) {
		var fits = [], taken = [], found = [], issuers = [];
		all.forEach(function (one) { if (one.hasPrivateKey !== false) { issuers = issuers.concat(chainOf(one, all)); } });
		var certificates = all.filter(function (one) { return issuers.indexOf(one) < 0; });
		certificates.forEach(function (one) {
			certificates.forEach(function (other) { if (isPartner(one, other)) { fits.push([one, other]); } });
		});
		fits.sort(function (a, b) { return apart(a[0], a[1]) - apart(b[0], b[1]); }).forEach(function (fit) {
			if (taken.indexOf(fit[0]) >= 0 || taken.indexOf(fit[1]) >= 0) { return; }
			taken.push(fit[0], fit[1]);
			found.push({main: fit[0], encrypt: fit[1], chain: chainOf(fit[0], all)});
		});
		certificates.forEach(function (one) { if (taken.indexOf(one) < 0) { found.push({main: one, encrypt: null, chain: chainOf(one, all)}); } });

		function rank(pair) {
			if (pair.main.usage === 'encrypt') { return 4; }
			if (pair.main.hasPrivateKey === false) { return 3; }
			return ['open', 'early', 'late'].indexOf(timesOf(pair.main).state);
		}
		return found.sort(function (a, b) {
			return rank(a) - rank(b) || timeOf(a.main.notAfter) - timeOf(b.main.notAfter) || (a.main.id < b.main.id ? -1 : 1);
		});
	}

	/* ---- a card ---- */

	/* The certificate's life and its time of renewal on one line, today marked. */
	function bar(locale, certificate, times, now) {
		var from = timeOf(certificate.notBefore), end = timeOf(certificate.notAfter);
		var opens = timeOf(times.opens), closes = timeOf(times.closes), all = closes - from;

		function at(time) { return 1000 * Math.max(0, Math.min(1, (time - from) / all)); }
		function part(name, begin, finish) {
			var rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
			rect.setAttribute('class', name);
			rect.setAttribute('x', at(begin));
			rect.setAttribute('width', Math.max(0, at(finish) - at(begin)));
			rect.setAttribute('height', 10);
			return rect;
		}
		var picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
		picture.setAttribute('class', 'life');
		picture.setAttribute('viewBox', '0 0 1000 10');
		picture.setAttribute('preserveAspectRatio', 'none');
		picture.setAttribute('role', 'img');
		picture.setAttribute('aria-label', t(locale, 'bar', {
			from: date(certificate.notBefore), to: date(certificate.notAfter), opens: date(times.opens), closes: date(times.closes)
		}));
		append(picture, [part('life-valid', from, end), part('life-after', end, closes), part('life-window', opens, closes)]);
		var mark = part('life-now', now - all / 300, now + all / 300);
		mark.setAttribute('width', 6);
		return append(picture, mark);
	}

	function chainFacts(locale, chain) {
		return details([[t(locale, 'chain'), chain.map(function (one) {
			return t(locale, 'chain.one', {name: common(one.subject), life: fromTo(locale, one)});
		}).join(' › ')]]);
	}

	function facts(locale, certificate) {
		return details([
			[t(locale, 'usage.' + certificate.usage), serial(certificate.serialNumber)],
			[t(locale, 'subject'), certificate.subject],
			[t(locale, 'issuer'), common(certificate.issuer)],
			[t(locale, 'creditCode'), certificate.creditCode],
			[t(locale, 'validity'), fromTo(locale, certificate)],
			[t(locale, 'keyType'), certificate.keyType]
		]);
	}

	/* content: {pair, times, now, badge, below: [elements]}. Company, end and urgency first; names and numbers folded away. */
	function card(locale, content) {
		var main = content.pair.main, encrypt = content.pair.encrypt;
		var hurry = urgency(main, content.times, content.now);
		return h('article.card.card-' + hurry, {
			'data-certificate': main.id, 'data-window': content.times.state, 'data-urgency': hurry,
			'data-encrypt': encrypt && encrypt.id
		}, [
			h('header.card-head', {}, [
				h('h4', {text: company(main.subject) || main.subject}),
				h('span.badge.badge-' + hurry, {text: days(locale, main, content.now), 'data-test': 'days'}),
				content.badge
			]),
			h('p.card-line', {}, [
				h('span', {text: t(locale, 'validity') + ' ' + fromTo(locale, main)}),
				h('span.card-usage', {text: t(locale, encrypt ? 'usage.pair' : 'usage.' + main.usage)})
			]),
			main.usage !== 'encrypt' && bar(locale, main, content.times, content.now)
		].concat(content.below || [], h('details.more', {}, [
			h('summary', {text: t(locale, 'more')}), facts(locale, main), encrypt && facts(locale, encrypt),
			content.pair.chain && content.pair.chain.length > 0 && chainFacts(locale, content.pair.chain)
		])));
	}

	/* ---- a row of the environment check ---- */

	function remedy(locale, item) {
		if (!item.remedy) { return null; }
		var isAddress = /^(https?:\/\/|\/)/.test(item.remedy.url || '');
		return h('p.check-remedy', {}, [
			item.remedy.text,
			isAddress && ' ',
			isAddress && h('a', {
				href: item.remedy.url, target: '_blank', rel: 'noopener noreferrer', text: item.remedy.link || t(locale, 'open')
			})
		]);
	}

	/* item: as environment.check gives it, state 'wait' too; name: of the row; below: elements */
	function check(locale, item, name, below) {
		return h('li.check.check-' + item.state, {'data-check': item.id, 'data-state': item.state, 'data-code': item.code}, [
			h('span.check-mark', {'aria-hidden': 'true', text: MARKS[item.state]}),
			h('div.check-body', {}, [
				h('p.check-name', {}, [name, h('span.hidden', {text: t(locale, 'state.' + item.state)})]),
				h('p.check-text', {}, [
					item.text,
					item.number && item.state !== 'ok' && h('span.check-number', {text: t(locale, 'number', {n: item.number})})
				]),
				remedy(locale, item)
			].concat(below || []))
		]);
	}

	window.KeyhallLook = {
		h: h, append: append, clear: clear, fill: fill, button: button, details: details, notice: notice, spinner: spinner,
		text: t, date: date, two: two, company: company, common: common, serial: serial, days: days, urgency: urgency,
		pairs: pairs, card: card, check: check
	};
}());

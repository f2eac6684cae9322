/* Step 2, 选择证书: what is on the keys, what may be renewed now, and what was begun and waits to be finished. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var UNFINISHED = ['NEW', 'BOUND', 'CONFIRMED', 'PAYING', 'PAID', 'KEY_BOUND', 'APPLIED', 'ISSUED', 'MANUAL'];

	var place = null;
	var stopListening = null;
	/* The key whose PIN was verified for this look: what it shows now is all it has. */
	var revealed = '';

	function windowText(times) {
		var fields = {opens: Hall.format.date(times.opens), closes: Hall.format.date(times.closes)};
		return Hall.t('choose.window.' + times.state, fields);
	}

	function daysText(days) {
		return days < 0 ? Hall.t('choose.expired', {n: -days}) : Hall.t('choose.days', {n: days});
	}

	/* Why this certificate has no 【更新】; '' when it has. */
	function obstacle(certificate, times) {
		if (certificate.hasPrivateKey === false) { return Hall.t('choose.nokey'); }
		if (certificate.usage === 'encrypt') { return Hall.t('choose.encrypt'); }
		return times.state === 'open' ? '' : windowText(times);
	}

	function certificateCard(certificate) {
		var times = Hall.renewalWindow(certificate, Hall.state.hall.window);
		var why = obstacle(certificate, times);
		var renew = Hall.button('primary', Hall.t('choose.renew'), 'renew', function () { open(certificate, card); });
		var message = Hall.h('div', {'data-test': 'card-message'});
		var card = Hall.h('article.card', {'data-certificate': certificate.id, 'data-window': times.state}, [
			Hall.h('header.card-head', {}, [
				Hall.h('h4', {text: Hall.format.company(certificate.subject)}),
				Hall.h('span.badge.badge-' + times.state, {text: daysText(times.daysLeft), 'data-test': 'days'})
			]),
			Hall.details([
				[Hall.t('field.subject'), certificate.subject],
				[Hall.t('field.issuer'), Hall.format.common(certificate.issuer)],
				[Hall.t('field.serial'), Hall.format.serial(certificate.serialNumber)],
				[Hall.t('field.creditCode'), certificate.creditCode],
				[Hall.t('field.usage'), Hall.t('usage.' + certificate.usage)],
				[Hall.t('field.validity'), Hall.t('field.fromto', {
					from: Hall.format.date(certificate.notBefore), to: Hall.format.date(certificate.notAfter)
				})]
			]),
			why ? Hall.h('p.card-why', {text: why, 'data-test': 'why-not'}) :
				Hall.h('p.card-open', {text: windowText(times), 'data-test': 'window-open'}),
			message,
			!why && Hall.h('div.actions', {}, [renew])
		]);
		card.hallMessage = message;
		card.hallButton = renew;
		return card;
	}

	/* The hall opens the order, or returns the one that is open for this certificate. */
	function open(certificate, card) {
		card.hallButton.disabled = true;
		Hall.fill(card.hallMessage, Hall.spinner(Hall.t('choose.opening')));
		Hall.api.open(certificate.pem, Hall.wizard.live(function (error, order) {
			card.hallButton.disabled = false;
			Hall.clear(card.hallMessage);
			if (error) {
				Hall.append(card.hallMessage, Hall.problem(error));
				return;
			}
			Hall.state.certificate = certificate;
			Hall.wizard.follow(order);
		}));
	}

	/* What the clerk should know of a key before choosing; each with its way out. */
	function tokenNotices(token) {
		var place = Hall.h('div', {'aria-live': 'polite'});
		return [
			token.pin === 'locked' && Hall.notice('warn', {text: Hall.t('choose.locked'), hint: Hall.remedy({name: 'pin.locked'})}),
			token.readonly && Hall.problem({name: 'token.readonly'}, {kind: 'warn'}),
			token.pin === 'expired' && Hall.problem({name: 'pin.expired'}, {
				kind: 'warn', actions: [Hall.changePin(token.token, place, again)]
			}),
			place
		];
	}

	function nothing(token) {
		if (token.pin === 'locked') { return null; }
		return revealed === token.token || token.login ? Hall.h('p.empty', {text: Hall.t('choose.empty')}) : Hall.reveal(token, function () {
			look(token.token);
		});
	}

	function tokenSection(token) {
		var own = Hall.state.certificates.filter(function (certificate) { return certificate.token === token.token; });
		return Hall.h('section.token', {'data-serial': token.serial}, [
			Hall.h('h3', {text: Hall.key.summary(token)})
		].concat(tokenNotices(token), own.length ? own.map(certificateCard) : nothing(token)));
	}

	function orderCard(order) {
		var onHand = Hall.key.ofOrder(order);
		return Hall.h('article.card.card-pending', {'data-order': order.id, 'data-state': order.state}, [
			Hall.h('header.card-head', {}, [
				Hall.h('h4', {text: order.certificate.company || Hall.format.company(order.certificate.subject)}),
				Hall.h('span.badge.badge-open', {text: Hall.t('state.' + order.state)})
			]),
			Hall.details([
				[Hall.t('field.order'), order.id],
				[Hall.t('field.updated'), Hall.format.dateTime(order.updated)],
				[Hall.t('field.token'), order.tokenSerial]
			]),
			!onHand && Hall.h('p.card-why', {text: order.tokenSerial ?
				Hall.t('key.wrong.serial', {serial: order.tokenSerial}) : Hall.t('key.wrong.certificate')}),
			Hall.h('div.actions', {}, [
				Hall.button('primary', Hall.t('choose.continue'), 'continue', function () { Hall.key.resume(order); })
			])
		]);
	}

	function isUnfinished(order) {
		return UNFINISHED.indexOf(order.state) >= 0 || (order.state === 'INSTALLED' && waitsOnKey(order));
	}

	function waitsOnKey(order) {
		return Hall.state.renewals.some(function (info) { return Hall.key.isOf(info, order) && info.next !== 'none'; });
	}

	/* Orders that only the key remembers: another browser, another computer. */
	function foreignOrders(known, done) {
		var wanted = Hall.state.renewals.filter(function (info) {
			return (info.order || info.mark) && info.source === 'key' && info.next !== 'none' &&
				!known.some(function (order) { return Hall.key.isOf(info, order); });
		});
		var found = [];
		var missing = wanted.length;
		if (missing === 0) { done(found); }
		wanted.forEach(function (info) {
			Hall.api.order(info.order || info.mark, function (error, order) {
				if (!error) { found.push(order); }
				missing -= 1;
				if (missing === 0) { done(found); }
			});
		});
	}

	function show(orders) {
		var pending = orders.filter(isUnfinished);
		var state = Hall.state;
		Hall.fill(place, [
			pending.length > 0 && Hall.h('section.pending', {'data-test': 'pending'}, [
				Hall.h('h3', {text: Hall.t('choose.pending')})
			].concat(pending.map(orderCard))),
			state.tokens.length > 1 && Hall.notice('info', {text: Hall.t('choose.several'), test: 'several-keys'}),
			state.tokens.length === 0 && Hall.notice('warn', {text: Hall.t('key.wrong.none'), test: 'no-key'})
		].concat(state.tokens.map(tokenSection)));
		Hall.wizard.say(Hall.t('choose.found', {n: state.certificates.length}));
	}

	function failed(error) {
		Hall.fill(place, Hall.problem(error, {actions: [Hall.button('plain', Hall.t('retry'), 'retry', again)]}));
	}

	function look(token) {
		revealed = token || '';
		Hall.fill(place, Hall.spinner(Hall.t('key.looking')));
		Hall.key.load(Hall.wizard.live(function (error) {
			if (error) { failed(error); return; }
			Hall.api.orders(Hall.wizard.live(function (failure, orders) {
				Hall.state.orders = orders || [];
				foreignOrders(Hall.state.orders, Hall.wizard.live(function (others) {
					show(Hall.state.orders.concat(others));
				}));
			}));
		}));
	}

	function again() { look(''); }

	Hall.steps.choose = {
		enter: function (view) {
			Hall.wizard.forget();
			place = Hall.h('div', {'aria-live': 'off'});
			Hall.append(view, [
				Hall.h('p.lead', {text: Hall.t('choose.lead')}),
				place,
				Hall.h('div.actions.actions-end', {}, [
					Hall.button('quiet', Hall.t('choose.refresh'), 'refresh', again),
					Hall.button('quiet', Hall.t('back.environment'), 'back', function () { Hall.wizard.go('environment'); })
				])
			]);
			stopListening = Hall.agent.on('token.changed', again);
			again();
		},
		leave: function () { stopListening(); }
	};
}());

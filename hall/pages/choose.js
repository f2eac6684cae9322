/*
 * Step 2, 选择证书: a card for each certificate, or pair, on the keys: what may be renewed now, and what was begun and
 * waits. The hall is asked whether there is an order for it: a paid one must look paid on every computer.
 */
(function () {
	'use strict';

	var Hall = window.Hall;
	var look = window.KeyhallLook;
	var UNFINISHED = ['NEW', 'BOUND', 'CONFIRMED', 'PAYING', 'PAID', 'KEY_BOUND', 'APPLIED', 'ISSUED', 'MANUAL'];

	var place = null;
	var stopListening = null;
	/* The key whose PIN was verified for this look: what it shows now is all it has. */
	var revealed = '';

	function timesOf(certificate) { return Hall.renewalWindow(certificate, Hall.state.hall.window); }

	function windowText(times) {
		var fields = {opens: Hall.format.date(times.opens), closes: Hall.format.date(times.closes)};
		return Hall.t('choose.window.' + times.state, fields);
	}

	/* Why this certificate has no 【更新】; '' when it has. */
	function obstacle(certificate, times) {
		if (certificate.hasPrivateKey === false) { return Hall.t('choose.nokey'); }
		if (certificate.usage === 'encrypt') { return Hall.t('choose.encrypt'); }
		return times.state === 'open' ? '' : windowText(times);
	}

	function orderBadge(order) {
		return Hall.h('span.badge.badge-open', {text: Hall.t('state.' + order.state), 'data-test': 'order-state'});
	}

	function goOn(order) {
		return Hall.button('primary', Hall.t('choose.continue'), 'continue', function () { Hall.key.resume(order); });
	}

	/* What stands under the dates: the order that waits, 【更新】, or why not. */
	function below(certificate, times, order, message, renew) {
		if (order) {
			return [
				Hall.h('p.card-open', {text: Hall.t('field.order') + ' ' + Hall.format.order(order.id)}),
				Hall.h('div.actions', {}, [goOn(order)])
			];
		}
		var why = obstacle(certificate, times);
		if (why) {
			return [
				Hall.h('p.card-why', {text: why, 'data-test': 'why-not'}),
				times.state === 'late' && certificate.usage !== 'encrypt' && Hall.h('div.actions', {}, [Hall.applyLink()])
			];
		}
		return [
			Hall.h('p.card-open', {text: windowText(times), 'data-test': 'window-open'}),
			message,
			Hall.h('div.actions', {}, [renew])
		];
	}

	function certificateCard(pair, order) {
		var certificate = pair.main, times = timesOf(certificate);
		var message = Hall.h('div', {'data-test': 'card-message'});
		var renew = Hall.button('primary', Hall.t('choose.renew'), 'renew', function () { open(certificate, renew, message); });
		var card = look.card(Hall.language(), {
			pair: pair, times: times, now: Hall.clock.now(), badge: order && orderBadge(order),
			below: below(certificate, times, order, message, renew)
		});
		if (order) {
			card.setAttribute('data-order', order.id);
			card.setAttribute('data-state', order.state);
		}
		return card;
	}

	/* The hall opens the order, or returns the one that is open for this certificate. */
	function open(certificate, renew, message) {
		renew.disabled = true;
		Hall.fill(message, Hall.spinner(Hall.t('choose.opening')));
		Hall.api.open(certificate.pem, Hall.wizard.live(function (error, order) {
			renew.disabled = false;
			Hall.clear(message);
			if (error) {
				Hall.append(message, Hall.problem(error));
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
			read(token.token);
		});
	}

	function ofToken(token) {
		return Hall.state.certificates.filter(function (certificate) { return certificate.token === token.token; });
	}

	/* The order of this certificate that waits, or null. */
	function orderOf(pair, pending) {
		return pending.filter(function (order) { return order.certificate.id === pair.main.id; })[0] || null;
	}

	function tokenSection(token, pending) {
		var pairs = look.pairs(ofToken(token), timesOf);
		return Hall.h('section.token', {'data-serial': token.serial}, [
			Hall.h('h3', {text: Hall.key.summary(token)})
		].concat(tokenNotices(token), pairs.length ? pairs.map(function (pair) {
			return certificateCard(pair, orderOf(pair, pending));
		}) : nothing(token)));
	}

	function orderCard(order) {
		var onHand = Hall.key.ofOrder(order);
		return Hall.h('article.card.card-pending', {'data-order': order.id, 'data-state': order.state}, [
			Hall.h('header.card-head', {}, [
				Hall.h('h4', {text: order.certificate.company || Hall.format.company(order.certificate.subject) ||
					Hall.t('field.order') + ' ' + Hall.format.order(order.id)}),
				orderBadge(order)
			]),
			Hall.details([
				[Hall.t('field.order'), Hall.format.order(order.id)],
				[Hall.t('field.updated'), Hall.format.dateTime(order.updated)],
				[Hall.t('field.token'), order.tokenSerial]
			]),
			!onHand && Hall.h('p.card-why', {text: order.tokenSerial ?
				Hall.t('key.wrong.serial', {serial: order.tokenSerial}) : Hall.t('key.wrong.certificate')}),
			Hall.h('div.actions', {}, [goOn(order)])
		]);
	}

	function isUnfinished(order) {
		return UNFINISHED.indexOf(order.state) >= 0 || (order.state === 'INSTALLED' && waitsOnKey(order));
	}

	function waitsOnKey(order) {
		return Hall.state.renewals.some(function (info) { return Hall.key.isOf(info, order) && info.next !== 'none'; });
	}

	/* Asks the hall about each of the list, all at once; done(orders that it knows). */
	function askEach(list, ask, done) {
		var found = [], missing = list.length;
		if (missing === 0) { done(found); }
		list.forEach(function (one) {
			ask(one, function (error, order) {
				if (!error && order) { found.push(order); }
				missing -= 1;
				if (missing === 0) { done(found); }
			});
		});
	}

	function added(known, more) {
		return known.concat(more.filter(function (order) {
			return !known.some(function (one) { return one.id === order.id; });
		}));
	}

	/* Orders begun in another browser or on another computer: by their certificates, and by what keys remember. */
	function foreignOrders(known, done) {
		var certificates = Hall.state.certificates.filter(function (certificate) {
			return certificate.usage !== 'encrypt' && !known.some(function (order) { return order.certificate.id === certificate.id; });
		});
		askEach(certificates, function (certificate, next) { Hall.api.find(certificate.pem, next); }, function (found) {
			var all = added(known, found);
			var wanted = Hall.state.renewals.filter(function (info) {
				return (info.order || info.mark) && info.source === 'key' && info.next !== 'none' &&
					!all.some(function (order) { return Hall.key.isOf(info, order); });
			});
			askEach(wanted, function (info, next) { Hall.api.order(info.order || info.mark, next); }, function (others) {
				done(added(all, others));
			});
		});
	}

	function show(orders) {
		var state = Hall.state;
		var pending = orders.filter(isUnfinished);
		var elsewhere = pending.filter(function (order) { return !Hall.key.certificate(order.certificate.id); });
		Hall.refill(place, [
			state.missing && Hall.notice('warn', {text: Hall.t('choose.missing', {order: Hall.format.order(state.missing)}), test: 'order-missing'}),
			elsewhere.length > 0 && Hall.h('section.pending', {'data-test': 'pending'}, [
				Hall.h('h3', {text: Hall.t('choose.pending')})
			].concat(elsewhere.map(orderCard))),
			state.tokens.length > 1 && Hall.notice('info', {text: Hall.t('choose.several'), test: 'several-keys'}),
			state.tokens.length === 0 && Hall.notice('warn', {text: Hall.t('key.wrong.none'), test: 'no-key'})
		].concat(state.tokens.map(function (token) { return tokenSection(token, pending); })));
		Hall.wizard.say(Hall.t('choose.found', {n: state.certificates.length}));
	}

	function failed(error) {
		Hall.fill(place, Hall.problem(error, {actions: [Hall.button('plain', Hall.t('retry'), 'retry', again)]}));
	}

	function read(token) {
		revealed = token || '';
		Hall.fill(place, Hall.spinner(Hall.t('key.looking')));
		Hall.key.load(Hall.wizard.live(function (error) {
			if (error) { failed(error); return; }
			Hall.api.orders(Hall.wizard.live(function (failure, orders) {
				foreignOrders(orders || [], Hall.wizard.live(function (all) {
					Hall.state.orders = all;
					show(all);
				}));
			}));
		}));
	}

	function again() { read(''); }

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
		leave: function () {
			stopListening();
			Hall.state.missing = '';
		}
	};
}());

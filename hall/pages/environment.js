/*
 * Step 1, 环境检测: a row for each thing a renewal needs; 下一步 opens when no row closes it (checks.js). No key is chosen yet:
 * with several the clerk chooses at the next step, and the chosen one is checked again before its PIN.
 */
(function () {
	'use strict';

	var Hall = window.Hall;
	var LINK_STATES = {'open': 'ok', 'connecting': 'wait', 'browser.prompt': 'wait'};

	/* What another agent, or a newer one, mends. */
	var MENDABLE = ['agent.not_running', 'agent.outdated', 'agent.protocol'];

	var parts = null;
	var shownBefore = false;
	var stopListening = null;
	var checking = false;
	var shownLink = ''; /* the state of the connection, as its row says it */

	/* link: {name, text, code} of the SDK */
	function linkRow(link) {
		var download = Hall.state.hall && Hall.state.hall.agent && Hall.state.hall.agent.download;
		var state = LINK_STATES[link.name] || 'fail';
		var mendable = MENDABLE.indexOf(link.name) >= 0;
		return {
			id: 'link', state: state, code: link.name, text: link.text, number: link.code,
			remedy: state === 'fail' && {
				text: Hall.t(mendable ? 'link.remedy' : 'link.help', {hotline: Hall.hotline()}),
				url: mendable && download, link: Hall.t('link.download')
			}
		};
	}

	function show(items, waiting) { Hall.checks.fill(parts.list, items, waiting, check); }

	function isLate(item) { return item.code === 'certificate.late'; }

	/* What the whole comes to. A certificate that is out of its time is said here: the next page would only refuse it. */
	function verdict(items, ready, bad) {
		var other = items.some(function (item) { return item.state === 'fail'; });
		if (!ready) { return Hall.notice('warn', {text: Hall.t('check.failing', {n: bad}), test: 'check-failing'}); }
		if (items.some(isLate)) {
			return Hall.notice('warn', {text: Hall.t('check.late'), test: 'check-late', actions: [Hall.applyLink()].filter(Boolean)});
		}
		return Hall.notice('good', {text: Hall.t(other ? 'check.ready.other' : 'check.ready'), test: 'check-ready'});
	}

	function conclude(items) {
		var bad = Hall.checks.closing(items).length;
		var ready = items.length > 1 && bad === 0;
		checking = false;
		parts.next.disabled = !ready;
		parts.again.disabled = false;
		Hall.fill(parts.result, verdict(items, ready, bad));
		if (ready && !shownBefore && Hall.state.wantedOrder) {
			shownBefore = true;
			next();
		}
	}

	function failedCheck(error) {
		return {id: 'agent', state: 'fail', code: error.name, number: error.code, text: Hall.says(error), remedy: {text: Hall.remedy(error)}};
	}

	function checkKeys() {
		var open = {name: 'open', text: Hall.agent.stateText('open')};
		Hall.showLinks();
		Hall.agent.call('environment.check', {time: Hall.clock.text()}, Hall.wizard.live(function (error, answer) {
			shownLink = open.name;
			var items = [linkRow(open)].concat(error ? [failedCheck(error)] : answer.items);
			show(items);
			conclude(items);
			mentionNewer();
		}));
	}

	/* The agent is new enough; nothing waits for a newer one. */
	function mentionNewer() {
		var own = Hall.agent.info();
		if (!own) { return; }
		Hall.installers.load(Hall.wizard.live(function (items) {
			Hall.installers.newer(items, own.version, Hall.wizard.live(function (item) {
				if (!item || shownLink !== 'open') { return; }
				Hall.fill(parts.installer, Hall.notice('info', {
					text: Hall.t('installer.newer', {version: item.version, own: own.version}), test: 'installer-newer',
					actions: [Hall.h('a.button.button-plain', {href: '/downloads', text: Hall.t('link.download')})]
				}));
			}));
		}));
	}

	/* Leads to the installer for this computer, or to the configuration, and goes on by itself once the agent is there. */
	function offer(link) {
		if (MENDABLE.indexOf(link.name) < 0 && link.name !== 'origin.denied') { return; }
		Hall.agent.wait();
		Hall.installers.load(Hall.wizard.live(function (items) {
			Hall.installers.section(items, link.name, Hall.wizard.live(function (section) {
				if (!section || shownLink !== link.name) { return; }
				Hall.clear(parts.result);
				Hall.fill(parts.installer, section);
			}));
		}));
	}

	function clearResult() {
		Hall.clear(parts.result);
		Hall.clear(parts.installer);
	}

	function showLink(link) {
		var items = [linkRow(link)];
		shownLink = link.name;
		show(items);
		return items;
	}

	/* What happens to the connection, also by itself: prompt, loss, return. */
	function onState(link) {
		if (link.name === 'open') {
			if (!checking) { check(); }
			return;
		}
		showLink({name: link.name, text: link.text, code: link.error && link.error.code});
		clearResult();
		parts.next.disabled = true;
		if (!checking) { offer(link); }
		if (link.name === 'browser.prompt') {
			Hall.fill(parts.result, Hall.notice('info', {title: Hall.t('link.prompt.title'), text: link.text, test: 'prompt'}));
		}
	}

	function check() {
		checking = true;
		parts.next.disabled = true;
		parts.again.disabled = true;
		clearResult();
		shownLink = 'connecting';
		show([{id: 'link', state: 'wait', code: 'connecting', text: Hall.agent.stateText('connecting')}], true);
		Hall.loadHall(Hall.wizard.live(function (error) {
			if (error) {
				show([{id: 'hall', state: 'fail', code: error.name, text: Hall.says(error), remedy: {text: Hall.remedy(error)}}]);
				checking = false;
				parts.again.disabled = false;
				return;
			}
			Hall.agent.connect(Hall.wizard.live(function (failure) {
				if (failure) {
					conclude(showLink({name: failure.name, text: failure.message, code: failure.code}));
					offer(failure);
				} else {
					checkKeys();
				}
			}));
		}));
	}

	/* An order named in the address goes on where it stands; without one, or without its key, the clerk chooses. */
	function next() {
		var wanted = Hall.state.wantedOrder;
		if (!wanted) {
			Hall.wizard.go('choose');
			return;
		}
		parts.next.disabled = true;
		Hall.api.order(wanted, Hall.wizard.live(function (error, order) {
			if (error || order.state === 'CANCELLED') {
				Hall.state.missing = error ? wanted : '';
				Hall.wizard.go('choose');
				return;
			}
			Hall.key.load(Hall.wizard.live(function () { Hall.key.resume(order); }));
		}));
	}

	Hall.steps.environment = {
		enter: function (view) {
			parts = {
				list: Hall.h('div.check-groups', {id: 'checks'}),
				result: Hall.h('div', {'aria-live': 'polite'}),
				installer: Hall.h('div'),
				again: Hall.button('plain', Hall.t('check.again'), 'check-again', check),
				next: Hall.button('primary', Hall.t('next'), 'check-next', next)
			};
			Hall.append(view, [
				Hall.h('p.lead', {text: Hall.t('check.lead')}),
				parts.result,
				parts.installer,
				Hall.h('div.actions.actions-first', {}, [parts.next, parts.again]),
				parts.list
			]);
			stopListening = [Hall.agent.on('token.changed', check), Hall.agent.on('state', onState)];
			check();
		},
		leave: function () {
			shownBefore = true;
			stopListening.forEach(function (stop) { stop(); });
		}
	};
}());

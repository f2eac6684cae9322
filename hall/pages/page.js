/* What every page of the hall has: its name, hotline and clock, from GET /api/hall. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var known = null;

	function fillEach(marker, text) {
		Array.prototype.forEach.call(document.querySelectorAll('[' + marker + ']'), function (element) {
			element.textContent = text;
		});
	}

	/* ca, address and hours are {zh, en}, icp a text; what the hall does not say is not shown. */
	function showAbout(about) {
		['ca', 'address', 'hours', 'icp'].forEach(function (name) {
			var text = typeof about[name] === 'string' ? about[name] : Hall.pick(about[name]);
			Array.prototype.forEach.call(document.querySelectorAll('[data-about="' + name + '"]'), function (element) {
				element.hidden = !text;
				element.querySelector('span:last-child').textContent = text;
			});
		});
	}

	function linkOf(name) {
		var part = known && known[name];
		return name === 'manager' ? Hall.managerAddress() : name === 'apply' ? known && known.apply : part && part.download;
	}

	Hall.showLinks = showLinks;

	/* Links that lead where the hall says: data-address = agent, driver, apply or manager. */
	function showLinks() {
		Array.prototype.forEach.call(document.querySelectorAll('a[data-address]'), function (link) {
			var address = linkOf(link.getAttribute('data-address'));
			link.hidden = !address;
			if (address) { link.href = address; }
		});
	}

	/* Where a new certificate is applied for, '' where the hall does not say. */
	Hall.applyAddress = function () { return known && known.apply || ''; };

	Hall.applyLink = function () {
		var address = Hall.applyAddress();
		return address ? Hall.h('a.button.button-primary', {href: address, text: Hall.t('apply'), 'data-test': 'apply'}) : null;
	};

	/* The certificate manager is a page of the agent: at the port where a page reached it; other pages try the first. */
	Hall.managerAddress = function () {
		var port = Hall.agent ? Hall.agent.port() : known && known.agent.ports[0];
		return port ? 'http://127.0.0.1:' + port + '/' : '';
	};

	/* Only the hall's own address is let in by the agent and the hall: another name of this machine leads nowhere. */
	function atHome(origin) {
		if (!origin || origin === window.location.origin) { return true; }
		window.location.replace(origin + window.location.pathname + window.location.search);
		return false;
	}

	function show() {
		if (!known) { return; }
		if (known.name) { fillEach('data-hall-name', Hall.pick(known.name)); }
		if (known.hotline) { fillEach('data-hall-hotline', known.hotline); }
		showAbout(known.about || {});
		showLinks();
		if (known.price) { fillEach('data-hall-price', Hall.format.money(known.price)); }
	}

	/* done(error) */
	Hall.loadHall = function (done) {
		Hall.api.hall(function (error, answer) {
			if (!error && !atHome(answer.origin)) { return; }
			if (!error) {
				known = answer;
				Hall.clock.set(answer.time);
				if (Hall.state) { Hall.state.hall = answer; }
				show();
			}
			done(error, answer);
		});
	};

	Array.prototype.forEach.call(document.querySelectorAll('.nav a'), function (link) {
		if (link.pathname === window.location.pathname) { link.setAttribute('aria-current', 'page'); }
	});
	Hall.onLanguage(show);
}());

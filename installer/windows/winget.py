#!/usr/bin/env python3
"""winget.py VERSION EXE MSI ARCHIVE: writes the manifests for winget, https://aka.ms/winget-manifest, into a .zip. Where the
installers can be had: KEYHALL_RELEASES, an address below which they lie by their names. SOURCE_DATE_EPOCH: whose date they have."""
import datetime
import hashlib
import json
import os
import sys
import zipfile

import lists

schema = '1.6.0'
identifier = 'Keyhall.Keyhall'
maker = 'Keyhall'


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest().upper()


def yaml(value, pad=''):
    """Of dictionaries, lists and texts; JSON's texts are YAML's, too."""
    lines = []
    for name, one in value.items():
        if isinstance(one, dict):
            lines += ['%s%s:' % (pad, name)] + yaml(one, pad + '  ')
        elif isinstance(one, list) and one and isinstance(one[0], dict):
            lines.append('%s%s:' % (pad, name))
            for row in one:
                first, *rest = yaml(row, pad + '  ')
                lines += ['%s- %s' % (pad, first.strip())] + rest
        elif isinstance(one, list):
            lines += ['%s%s:' % (pad, name)] + ['%s- %s' % (pad, json.dumps(text, ensure_ascii=False)) for text in one]
        else:
            lines.append('%s%s: %s' % (pad, name, json.dumps(one, ensure_ascii=False)))
    return lines


def write(archive, moment, kind, ending, value):
    head = '# yaml-language-server: $schema=https://aka.ms/winget-manifest.%s.%s.schema.json\n' % (kind, schema)
    value = {'PackageIdentifier': identifier, **value, 'ManifestType': kind, 'ManifestVersion': schema}
    entry = zipfile.ZipInfo('%s%s.yaml' % (identifier, ending), moment.timetuple()[:6])
    archive.writestr(entry, head + '\n'.join(yaml(value)) + '\n')


def installers(version, exe, msi):
    place = os.environ.get('KEYHALL_RELEASES', 'https://keyhall.example/releases/%s' % version)
    common = {'Architecture': 'x64', 'Scope': 'machine'}
    address = lambda path: '%s/%s' % (place, os.path.basename(path))
    return [
        {**common, 'InstallerType': 'nullsoft', 'InstallerUrl': address(exe), 'InstallerSha256': digest(exe), 'ProductCode': 'Keyhall',
         'InstallerSwitches': {'Silent': '/S', 'SilentWithProgress': '/S'}},
        {**common, 'InstallerType': 'wix', 'InstallerUrl': address(msi), 'InstallerSha256': digest(msi), 'ProductCode': '{%s}' % lists.stable('product', version)},
    ]


def locale(version, language):
    about = lists.about()
    name = {'zh': 'zh-CN', 'en': 'en-US'}[language]
    return name, {'PackageVersion': version, 'PackageLocale': name, 'Publisher': maker, 'PackageName': about['name'][language], 'License': about['license'],
                  'ShortDescription': about['summary'][language], 'Description': about['description'][language]}


if __name__ == '__main__':
    version, exe, msi, place = sys.argv[1:]
    moment = datetime.datetime.fromtimestamp(int(os.environ['SOURCE_DATE_EPOCH']), datetime.timezone.utc)
    with zipfile.ZipFile(place, 'w') as archive:
        write(archive, moment, 'version', '', {'PackageVersion': version, 'DefaultLocale': 'zh-CN'})
        write(archive, moment, 'installer', '.installer', {
            'PackageVersion': version, 'MinimumOSVersion': '10.0.17763.0', 'UpgradeBehavior': 'install', 'Protocols': ['keyhall'], 'ReleaseDate': moment.date().isoformat(),
            'Installers': installers(version, exe, msi)})
        for language, kind in (('zh', 'defaultLocale'), ('en', 'locale')):
            name, value = locale(version, language)
            write(archive, moment, kind, '.locale.%s' % name, value)

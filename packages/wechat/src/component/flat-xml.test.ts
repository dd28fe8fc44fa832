import { describe, expect, it } from 'vitest'
import { parseFlatXml } from './flat-xml.js'

const read = (text: string) => {
  const fields = parseFlatXml(text)
  return fields === null ? null : Object.fromEntries(fields)
}

describe('parseFlatXml', () => {
  it('reads text and CDATA, as WeChat writes them', () => {
    const text =
      '<xml><AppId><![CDATA[wx1]]></AppId>\n  <CreateTime>1413192605 </CreateTime>\n<Empty></Empty></xml>\n'
    expect(read(text)).toEqual({ AppId: 'wx1', CreateTime: '1413192605', Empty: '' })
  })

  it('takes what stands in CDATA for text, whatever it looks like', () => {
    expect(read('<xml><A><![CDATA[<B>&lt;]]&</B>]]></A></xml>')).toEqual({ A: '<B>&lt;]]&</B>' })
  })

  it('reads nothing as an empty message', () => {
    expect(read('<xml></xml>')).toEqual({})
  })

  it.each([
    ['a DTD', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><A>&e;</A></xml>'],
    ['an entity', '<xml><A>&e;</A></xml>'],
    ['even a harmless one', '<xml><A>&amp;</A></xml>'],
    ['a declaration', '<?xml version="1.0"?><xml><A>1</A></xml>'],
    ['an attribute', '<xml><A b="1">1</A></xml>'],
    ['a comment', '<xml><!-- --><A>1</A></xml>'],
    ['nesting', '<xml><A><B>1</B></A></xml>'],
    ['text between elements', '<xml><A>1</A>text</xml>'],
    ['two sections in one element', '<xml><A><![CDATA[1]]><![CDATA[2]]></A></xml>'],
    ['a section that never ends', '<xml><A><![CDATA[1</A></xml>'],
    ['an element that never ends', '<xml><A>1</xml>'],
    ['another end', '<xml><A>1</B></xml>'],
    ['a name that comes twice', '<xml><A>1</A><A>2</A></xml>'],
    ['another root', '<html><A>1</A></html>'],
    ['two roots', '<xml><A>1</A></xml><xml><B>1</B></xml>'],
    ['too many elements', `<xml>${Array.from({ length: 65 }, (_, i) => `<A${i}>1</A${i}>`).join('')}</xml>`],
    ['elements that never end', `<xml>${'<A>'.repeat(21_000)}`],
    ['no XML', '{"A":1}'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(read(text)).toBeNull()
  })
})

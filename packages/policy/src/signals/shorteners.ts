// SPDX-License-Identifier: Apache-2.0
// Hosts whose links lead anywhere: public shorteners of URLs. Selected from the list of shorteners in
// github.com/MISP/misp-warninglists (`lists/url-shortener/list.json`, version 26, CC0 1.0), without what
// leads only to its owner's own pages or to pages of links, and with those of large platforms and older ones.

/** The version of the list: the month in which it was last changed. */
export const shortenersVersion = "2026-11";

/** The hosts, in lower-case ASCII without `www.`. */
export const shortenerHosts: ReadonlySet<string> = new Set(
  (
    "1url.com 2h.ae 2ly.link 2no.co 2uuu.me 3c5.com 42url.com 4sq.com 4x.si 7x.qa 9lick.me abre.ai " +
    "adcraft.co adcrun.ch adf.ly adflav.com adfoc.us aiy.ooo aka.gr alturl.com amzn.to b2n.ir bc.vc " +
    "bee4.biz belea.link bit.do bit.ly bitly.com bitly.com.vn bitly.lc bitly.ws bkite.com bl.ink " +
    "bli.nk bom.so budurl.com buff.ly buzurl.com bx.ms cektkp.com chilp.it ci.ci clc.li clck.ru cli.gs " +
    "clicky.me cml.lol coki.me cszone.hu cur.lv cut.by cutt.cx cutt.ly cutt.us cuty.io d.to db.tt " +
    "dft.ba dik.si dlvr.it doiop.com dub.co dub.sh dwz.cn dwz.mk e.vg encr.pw encurtador.dev etd.bz " +
    "fb.me filoops.info flowto.it fun.ly fwd4.me fzy.co gg-l.xyz gg.gg go.ly gog.li golinks.co goo.by " +
    "goo.gd goo.gl goo.su han.gl hit.my ht.ly hurl.ws hyp.ae hyperurl.co i3l.ir ic9.in id.tl idm.in " +
    "ift.tt iii.im iiil.io ilang.in inlnk.co insprl.com iplogger.com iplogger.org is.gd ito.mx ity.im " +
    "iurl.vip j.gs j.mp jii.li kl.am komin.fo kortlink.dk kutt.it kutti.co l.ead.me l.gg lc.cx " +
    "link.zip.net linkbucks.com linksshortcut.com linkto.im litby.us ln.run lnk.co lnk.direct lnk.ink " +
    "lnk.pw lnkd.in lnkfi.re long.af longurl.in loopt.us maxiurl.com mcaf.ee me2.do mee.bo merky.de " +
    "metamark.net migre.me minilien.com mjt.lu ml.tc moourl.com mtr.bio my5353.com myqrcode.mobi n9.cl " +
    "nanourly.in neya.io notlong.com nov.io nsfw.in o2o.to onelink.to onx.la ouo.io ouo.press " +
    "ouvaton.link ow.ly p6l.org picz.us po.st poprl.com post.ly postly.link ppt.cc ptiturl.com q-r.to " +
    "q.gs qr.ae qr.net qrco.de qrcodedynamic.com qrcodes.pro qrkit.co rb.gy rebrand.ly rebrandly.com " +
    "rebrandly.info redir.ec relink.is reurl.cc ri.ms rurl.org s.devh.in s.ee s.id s3r.io s59.site " +
    "scanned.page scrnch.me sh.st shly.link short.gy short.io shorte.st shorten.ee shorten.is " +
    "shorten.tv shorter.me shortquik.com shorturl.ae shorturl.asia shorturl.at shrinkme.io " +
    "shrinkster.com shrt.co shrtcnl.com sht.ac simurl.com sk.gy sl8.in smarturl.it smurl.fr sn.rs " +
    "snip.ly snipr.com snipurl.com snurl.com spoo.me sprl.in srink.co su.pr suo.im surl.li t.cn t.co " +
    "t.ly t1p.de t2m.io temporary-url.com tg.pe tiny.cc tiny.pl tinyarrows.com tinylink.in tinyurl.com " +
    "tinyurl.mobi tl.gd tnij.org to.ly tota2.com tr.im tra.kz trib.al trimz.me tro.kr tt.vg tw.gs " +
    "tweez.me twitthis.com twixar.com twixar.me twurl.nl tyny.to u.bb u.nu u.to ur1.ca url.cn url.ie " +
    "url4.eu urlcut.com urled.cc urled.pro urless.com urlr.me urlshort.dev urltin.com urlz.fr " +
    "urlzen.com ux9.de v.gd v.ht vk.cc vtaurl.com vzturl.com webz.cc x.co x.gd xlinkz.info xrl.us " +
    "xshort.co xso.to xtu.me xy2.eu yep.it yirra.net ykm.de yu2.it yu3.io zi.ma zpag.es zpr.io zurl.to " +
    "zws.im zzb.bz"
  ).split(" "),
);

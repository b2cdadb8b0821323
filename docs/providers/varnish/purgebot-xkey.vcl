# The doors of purgebot.vcl, and one for tags by xkey: of Debian's varnish-modules, or
# https://github.com/varnish/varnish-modules. It reads the tags of a response from its header `xkey`.
#
# Lay it beside purgebot.vcl and include it in that one's place; it includes that one itself:
#
#     vcl 4.1;
#     include "/etc/varnish/purgebot-xkey.vcl";
#
#   PURGE /purgebot-tags   xkey-purge: a b c       200, X-Purgebot: xkey-purged     objects with one of these keys
#   PURGE /purgebot-tags   xkey-softpurge: a b c   200, X-Purgebot: xkey-softened   the same, kept for grace

vcl 4.1;

import xkey;

sub vcl_recv {
    # Who is not let in goes on to purgebot.vcl, which says so.
    if (req.method == "PURGE" && client.ip ~ purgebot_clients && req.http.X-Forwarded-For !~ ",") {
        if (req.http.xkey-softpurge) {
            set req.http.X-Purgebot-Gone = xkey.softpurge(req.http.xkey-softpurge);
            return (synth(200, "Softened " + req.http.X-Purgebot-Gone + " objects"));
        }
        if (req.http.xkey-purge) {
            set req.http.X-Purgebot-Gone = xkey.purge(req.http.xkey-purge);
            return (synth(200, "Purged " + req.http.X-Purgebot-Gone + " objects"));
        }
    }
    if (req.method == "PURGEBOT") {
        set req.http.X-Purgebot-Xkey = "xkey";
    }
}

include "./purgebot.vcl";

# Visitors need not see it.
sub vcl_deliver {
    unset resp.http.xkey;
}

"""Words in the names of firms: legal forms, and trades."""

from __future__ import annotations

from first_light.privacy.vocabulary import words

# Words that end the name of a company.
LEGAL_FORMS = words("""
    gmbh ag kg ohg ug inc llc ltd limited corp corporation company co plc sa sarl sas sl bv nv
    srl spa oy ab group holding holdings & partners airlines airways bank industries
    gbr ek eg ev mbh kgaa ug sasu eurl sci snc scop slu sau ltda eireli lda oyj ou uab sia asa aps
    a/s hb pty pvt llp pte bhd kft zrt nyrt bt sro spol doo dd ad ooo oao zao tov sprl bvba vof
    vzw asbl sti as ae epe ike plc spj spk
""")
# Before the name of a club.
CLUBS = words("""
    fc sv tsv vfl vfb vfr sc sg tus tsg spvgg fsv ssv asv afc cfc ssc ac us cf cd ud rc sk fk nk
    ks mks bk if ff ik hc bc rsc ksc kv rkvv vv club verein eintracht fortuna concordia borussia
    union dynamo sporting real atletico athletic racing olympique stade inter united rovers
    wanderers city asd ssd usd polisportiva virtus libertas juventus pro audax olimpia sportiva
""")
# Words for trades, which firms have in their names beside those of their owners.
TRADES = words("""
    limited gmbh corp incorporated consulting solutions systems services logistics transport
    transports transporte trasporti trading traders wholesale engineering foods brewing bakery
    motors garage plumbing roofing builders construction electrical holdings insurance brokers
    partners enterprises industries brothers bros sons daughters associates ventures
    technologies software backerei baeckerei metzgerei fleischerei druckerei gaertnerei
    tischlerei schreinerei zimmerei autohaus werkstatt elektro sanitaer heizung holzbau hochbau
    tiefbau spedition kanzlei apotheke praxis brauerei stadtwerke gebr gebrueder soehne sohn
    handel handels systemtechnik versicherung boulangerie patisserie boucherie pharmacie
    menuiserie plomberie imprimerie cabinet ets etablissements freres fils peinture cave
    librairie electricite panaderia carniceria ferreteria farmacia talleres imprenta bodegas
    hermanos hijos distribuciones construcciones electricidad electrica panificio macelleria
    officina farmacia tipografia impresa cantine fratelli flli figli impianti costruzioni
    edilizia bakkerij slagerij drukkerij garagebedrijf aannemersbedrijf installatiebedrijf
    gebroeders zonen fabryka browar piekarnia hurtownia zaklad przedsiebiorstwo drukarnia apteka
    pekarna tiskarna lekarna stavebni padaria construtora transportadora mercearia comercio
    industria irmaos filhos ticaret sanayi insaat nakliyat bygg handelsbolag aktiebolag bageri
""")

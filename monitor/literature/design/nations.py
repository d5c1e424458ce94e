"""The countries, with their peoples, large cities and states, as English texts name them. Data.

A name that is a country's in one text and something else in the next (Georgia, Victoria, Bath,
Florence, Birmingham in Alabama) is left out, or stands in ``UNSURE`` with what settles it.
"""

UK = "United Kingdom"
US = "United States"

# Country, a slash, its people: what stands before a noun ("Dutch mothers").
_PEOPLES = (
    "Afghanistan/Afghan Albania/Albanian Algeria/Algerian Angola/Angolan Argentina/Argentinian|"
    "Argentine|Argentinean Armenia/Armenian Australia/Australian Austria/Austrian "
    "Azerbaijan/Azerbaijani Bahrain/Bahraini Bangladesh/Bangladeshi Barbados/Barbadian "
    "Belarus/Belarusian Belgium/Belgian|Flemish Belize/Belizean Benin/Beninese Bhutan/Bhutanese "
    "Bolivia/Bolivian Botswana/Botswanan Brazil/Brazilian Brunei/Bruneian Bulgaria/Bulgarian "
    "Burundi/Burundian Cambodia/Cambodian Cameroon/Cameroonian Canada/Canadian Chile/Chilean "
    "China/Chinese Colombia/Colombian Croatia/Croatian Cuba/Cuban Cyprus/Cypriot Denmark/Danish "
    "Ecuador/Ecuadorian Egypt/Egyptian Eritrea/Eritrean Estonia/Estonian Ethiopia/Ethiopian "
    "Fiji/Fijian Finland/Finnish France/French Gabon/Gabonese Gambia/Gambian Germany/German "
    "Ghana/Ghanaian Greece/Greek Greenland/Greenlandic Grenada/Grenadian Guatemala/Guatemalan "
    "Guyana/Guyanese Haiti/Haitian Honduras/Honduran Hungary/Hungarian Iceland/Icelandic "
    "India/Indian Indonesia/Indonesian Iran/Iranian Iraq/Iraqi Ireland/Irish Israel/Israeli "
    "Italy/Italian Jamaica/Jamaican Japan/Japanese Jordan/Jordanian Kazakhstan/Kazakh Kenya/Kenyan "
    "Kosovo/Kosovan Kuwait/Kuwaiti Kyrgyzstan/Kyrgyz Laos/Laotian Latvia/Latvian Lebanon/Lebanese "
    "Lesotho/Basotho Liberia/Liberian Libya/Libyan Lithuania/Lithuanian Luxembourg/Luxembourgish "
    "Madagascar/Malagasy Malawi/Malawian Malaysia/Malaysian Maldives/Maldivian Mali/Malian "
    "Malta/Maltese Mauritania/Mauritanian Mauritius/Mauritian Mexico/Mexican Moldova/Moldovan "
    "Mongolia/Mongolian Montenegro/Montenegrin Morocco/Moroccan Mozambique/Mozambican "
    "Myanmar/Burmese Namibia/Namibian Nepal/Nepali|Nepalese Netherlands/Dutch Nicaragua/Nicaraguan "
    "Niger/Nigerien Nigeria/Nigerian Norway/Norwegian Oman/Omani Pakistan/Pakistani "
    "Palestine/Palestinian Panama/Panamanian Paraguay/Paraguayan Peru/Peruvian "
    "Philippines/Filipino|Philippine Poland/Polish Portugal/Portuguese Qatar/Qatari "
    "Romania/Romanian Russia/Russian Rwanda/Rwandan Samoa/Samoan Senegal/Senegalese Serbia/Serbian "
    "Seychelles/Seychellois Singapore/Singaporean Slovakia/Slovak|Slovakian Slovenia/Slovenian|"
    "Slovene Somalia/Somali Spain/Spanish|Catalan Sudan/Sudanese Suriname/Surinamese "
    "Sweden/Swedish Switzerland/Swiss Syria/Syrian Taiwan/Taiwanese Tajikistan/Tajik "
    "Tanzania/Tanzanian Thailand/Thai Togo/Togolese Tonga/Tongan Tunisia/Tunisian Turkey/Turkish "
    "Turkmenistan/Turkmen Uganda/Ugandan Ukraine/Ukrainian Uruguay/Uruguayan Uzbekistan/Uzbek "
    "Vanuatu/Vanuatuan Venezuela/Venezuelan Vietnam/Vietnamese Yemen/Yemeni Zambia/Zambian "
    "Zimbabwe/Zimbabwean"
)
_MORE = {
    UK: r"British|English|Scottish|Welsh|Northern Irish|UK|U\.K\.",
    US: r"American|US|U\.S\.|USA",
    "New Zealand": "New Zealand|Māori|Maori",
    "Saudi Arabia": "Saudi|Saudi Arabian",
    "Sierra Leone": "Sierra Leonean",
    "South Africa": "South African",
    "South Korea": "South Korean|Korean",
    "South Sudan": "South Sudanese",
    "Sri Lanka": "Sri Lankan",
    "Hong Kong": "Hong Kong",
    "Czech Republic": "Czech",
    "Bosnia and Herzegovina": "Bosnian",
    "Burkina Faso": "Burkinabe",
    "Costa Rica": "Costa Rican",
    "Côte d’Ivoire": "Ivorian",
    "Dominican Republic": "Dominican",
    "El Salvador": "Salvadoran",
    "Papua New Guinea": "Papua New Guinean",
    "Puerto Rico": "Puerto Rican",
    "United Arab Emirates": "Emirati",
}
_NAMES = {
    UK: r"UK|U\.K\.|United Kingdom|England|Scotland|Wales|Northern Ireland|Great Britain|Britain",
    US: r"USA?|U\.S\.A?\.?|United States(?: of America)?",
    "Ireland": r"Ireland|Republic of Ireland|Eire",
    "Czech Republic": "Czech Republic|Czechia",
    "New Zealand": "New Zealand|Aotearoa",
    "South Korea": r"South Korea|Korea|Republic of Korea|Korea, Republic of",
    "Hong Kong": "Hong Kong",
    "Turkey": r"Turkey(?: \(Türkiye\))?|Türkiye|Turkiye",
    "Iran": r"Iran|Iran, Islamic Republic of",
    "Vietnam": "Vietnam|Viet Nam",
    "Russia": "Russia|Russian Federation",
    "Netherlands": "Netherlands|Holland",
    "Côte d’Ivoire": r"C[ôo]te d[’']Ivoire|Ivory Coast",
    "Democratic Republic of the Congo": r"Democratic Republic of (?:the )?Congo|DR Congo",
    "Bosnia and Herzegovina": r"Bosnia(?: and Herzegovina|[-–]Herzegovina)?",
    "North Macedonia": "North Macedonia|Macedonia",
    "Eswatini": "Eswatini|Swaziland",
    "Cape Verde": "Cape Verde|Cabo Verde",
    "East Timor": "East Timor|Timor-Leste",
    "Myanmar": "Myanmar|Burma",
    "Palestine": "Palestine|Gaza Strip|West Bank",
    "Papua New Guinea": "Papua New Guinea",
    "Guinea-Bissau": "Guinea-Bissau",
    "Trinidad and Tobago": "Trinidad(?: and Tobago)?",
}
# States and provinces: a city before one is that one's ("London, Ontario").
_REGIONS = {
    US: (
        "Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Hawaii "
        "Idaho Illinois Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan "
        "Minnesota Mississippi Missouri Montana Nebraska Nevada New_Hampshire New_Jersey New_Mexico "
        "New_York North_Carolina North_Dakota Ohio Oklahoma Oregon Pennsylvania Rhode_Island "
        "South_Carolina South_Dakota Tennessee Texas Utah Vermont Virginia West_Virginia Wisconsin "
        "Wyoming Washington_State"
    ),
    "Canada": (
        "Ontario Quebec Québec Alberta Manitoba Saskatchewan Nova_Scotia British_Columbia "
        "New_Brunswick Newfoundland Nunavut Yukon Prince_Edward_Island"
    ),
    "Australia": (
        "New_South_Wales Queensland Tasmania South_Australia Western_Australia Northern_Territory "
    ),
}
_PLACES = {
    UK: (
        "London Manchester Liverpool Leeds Sheffield Glasgow Edinburgh Cardiff Belfast Nottingham "
        "Leicester Oxford Sunderland Southampton Plymouth Brighton Aberdeen Dundee Swansea Coventry "
        "Bradford Bristol Exeter Norwich Wrexham Inverness Middlesbrough Wolverhampton "
        "Stoke-on-Trent Newcastle_upon_Tyne Yorkshire Lancashire Cumbria Cornwall Devon Kent Essex "
        "Sussex Surrey Norfolk Suffolk Merseyside Hertfordshire Oxfordshire Cambridgeshire "
        "Gloucestershire Nottinghamshire Derbyshire Staffordshire Shropshire Wiltshire Greater_Manchester "
        "West_Midlands County_Durham Lanarkshire Fife Ayrshire Gwynedd Powys"
    ),
    US: (
        "Chicago Los_Angeles San_Francisco Seattle Boston Philadelphia Baltimore "
        "Detroit Denver Houston Dallas Atlanta Miami Minneapolis Pittsburgh Cleveland Cincinnati "
        "New_Orleans San_Diego San_Antonio Phoenix St._Louis Salt_Lake_City Milwaukee Brooklyn "
        "Manhattan Honolulu Sacramento Indianapolis Nashville Tucson"
    ),
    "Canada": ("Toronto Montreal Montréal Vancouver Ottawa Calgary Edmonton Winnipeg Saskatoon"),
    "Australia": ("Sydney Melbourne Brisbane Adelaide Canberra Hobart"),
    "New Zealand": "Auckland Christchurch Dunedin",
    "Ireland": "Dublin Galway Limerick",
    "Netherlands": "Amsterdam Rotterdam Utrecht Leiden Groningen Nijmegen The_Hague Eindhoven Maastricht",
    "Germany": (
        "Berlin Hamburg Munich München Cologne Frankfurt Leipzig Dresden Heidelberg Stuttgart Bavaria "
        "Saxony Hesse North_Rhine-Westphalia Baden-Württemberg Hanover Göttingen"
    ),
    "France": "Paris Lyon Marseille Toulouse Bordeaux Strasbourg Brittany Normandy Lille Montpellier",
    "Italy": "Rome Milan Naples Turin Bologna Padua Sicily Sardinia Lombardy Tuscany Palermo Genoa",
    "Spain": "Madrid Barcelona Seville Catalonia Andalusia Bilbao Zaragoza Basque_Country",
    "Portugal": "Lisbon Porto Coimbra",
    "Belgium": "Brussels Antwerp Ghent Leuven Flanders Wallonia",
    "Switzerland": "Zurich Zürich Geneva Basel Lausanne Bern",
    "Austria": "Vienna Graz Salzburg Innsbruck Tyrol",
    "Sweden": "Stockholm Gothenburg Malmö Uppsala Linköping Umeå",
    "Norway": "Oslo Bergen Trondheim Tromsø Stavanger",
    "Denmark": "Copenhagen Aarhus Odense Aalborg",
    "Finland": "Helsinki Tampere Turku Oulu",
    "Iceland": "Reykjavik Reykjavík",
    "Poland": "Warsaw Krakow Kraków Wroclaw Gdansk",
    "Czech Republic": "Prague Brno",
    "Hungary": "Budapest",
    "Romania": "Bucharest Cluj-Napoca",
    "Greece": "Athens Thessaloniki Crete",
    "Turkey": "Istanbul Ankara Izmir",
    "Russia": "Moscow Saint_Petersburg St._Petersburg Siberia",
    "Ukraine": "Kyiv Kiev Kharkiv Lviv",
    "Serbia": "Belgrade",
    "Croatia": "Zagreb",
    "Slovenia": "Ljubljana",
    "Lithuania": "Vilnius Kaunas",
    "Latvia": "Riga",
    "Estonia": "Tallinn",
    "Israel": "Tel_Aviv Jerusalem Haifa",
    "Iran": "Tehran Isfahan Shiraz Tabriz Mashhad",
    "Iraq": "Baghdad",
    "Lebanon": "Beirut",
    "Jordan": "Amman",
    "Georgia": "Tbilisi",
    "Egypt": "Cairo",
    "Saudi Arabia": "Riyadh Jeddah",
    "United Arab Emirates": "Dubai Abu_Dhabi",
    "Pakistan": "Karachi Lahore Islamabad Rawalpindi Peshawar",
    "India": (
        "Mumbai Delhi New_Delhi Kolkata Chennai Bangalore Bengaluru Hyderabad Goa Kerala "
        "Tamil_Nadu Maharashtra Gujarat Karnataka Uttar_Pradesh Bihar Rajasthan West_Bengal Pune"
    ),
    "Bangladesh": "Dhaka",
    "Nepal": "Kathmandu",
    "Sri Lanka": "Colombo",
    "China": (
        "Beijing Shanghai Guangzhou Shenzhen Wuhan Chengdu Nanjing Hangzhou Tianjin Guangdong "
        "Sichuan Hunan Hubei Zhejiang Xi’an"
    ),
    "Taiwan": "Taipei Kaohsiung",
    "Japan": "Tokyo Osaka Kyoto Nagoya Sapporo Hokkaido Fukuoka",
    "South Korea": "Seoul Busan",
    "Thailand": "Bangkok Chiang_Mai",
    "Vietnam": "Hanoi Ho_Chi_Minh_City",
    "Indonesia": "Jakarta Sumatra",
    "Malaysia": "Kuala_Lumpur Sarawak",
    "Philippines": "Manila",
    "South Africa": "Cape_Town Johannesburg Durban Pretoria Soweto Khayelitsha Western_Cape KwaZulu-Natal Gauteng",
    "Kenya": "Nairobi Mombasa Kisumu",
    "Uganda": "Kampala",
    "Tanzania": "Dar_es_Salaam Zanzibar",
    "Ethiopia": "Addis_Ababa",
    "Nigeria": "Lagos Ibadan Abuja",
    "Ghana": "Accra Kumasi",
    "Malawi": "Lilongwe Blantyre",
    "Zambia": "Lusaka",
    "Zimbabwe": "Harare",
    "Rwanda": "Kigali",
    "Senegal": "Dakar",
    "Brazil": "São_Paulo Sao_Paulo Rio_de_Janeiro Porto_Alegre Pelotas Brasília",
    "Argentina": "Buenos_Aires",
    "Chile": "Santiago_de_Chile",
    "Colombia": "Bogotá Bogota Medellín Medellin",
    "Mexico": "Mexico_City Guadalajara",
    "Peru": "Lima",
}
# Names that are two places, or a person too: a country only beside the words that settle it.
UNSURE = {
    "Georgia": ((r"Atlanta|\bUSA?\b|United States|Athens, Georgia", US),
                (r"Tbilisi|Republic of Georgia|Caucasus|Georgian", "Georgia")),
    "Cambridge": ((r"Cambridge, (?:UK|England)", UK),
                  (r"Cambridge, (?:MA\b|Massachusetts)|Boston", US)),
    "Birmingham": ((r"Birmingham, (?:AL\b|Alabama)", US), (r"\bUK\b|England|West Midlands|NHS", UK)),
    "Washington": ((r"Washington,? (?:D\.?C\.?|state)|\bUSA?\b|Seattle", US),),
    "Victoria": ((r"Melbourne|Australia", "Australia"), (r"British Columbia|Canada", "Canada")),
}  # fmt: skip


def _named() -> dict[str, str]:
    """Give a pattern of names for each country."""
    plain = {pair.partition("/")[0] for pair in _PEOPLES.split()}
    names = {name: name for name in (*plain, *_MORE)} | _NAMES
    return {name: names[name] for name in names if name != "Georgia"}


def _peoples() -> dict[str, str]:
    pairs = (pair.partition("/") for pair in _PEOPLES.split())
    return {name: people for name, _, people in pairs} | _MORE


NAMES = _named()
PEOPLES = _peoples()


def _by_place(table: dict[str, str]) -> dict[str, str]:
    return {
        place.replace("_", " "): country
        for country, places in table.items()
        for place in places.split()
    }


# State → country; city or state → country.
REGIONS = _by_place(_REGIONS)
PLACES = _by_place(_PLACES) | REGIONS

"""The capitals that stand for their countries in the news: ``Pyongyang condemned`` is what North Korea did."""

CAPITALS = {
    "Abu Dhabi": "United Arab Emirates", "Abuja": "Nigeria", "Addis Ababa": "Ethiopia", "Algiers": "Algeria",
    "Amman": "Jordan", "Ankara": "Turkey", "Astana": "Kazakhstan", "Athens": "Greece", "Baghdad": "Iraq",
    "Baku": "Azerbaijan", "Bangkok": "Thailand", "Beijing": "China", "Beirut": "Lebanon", "Belgrade": "Serbia",
    "Berlin": "Germany", "Bern": "Switzerland", "Bogotá": "Colombia", "Bratislava": "Slovakia", "Bucharest": "Romania",
    "Budapest": "Hungary", "Buenos Aires": "Argentina", "Cairo": "Egypt", "Canberra": "Australia",
    "Caracas": "Venezuela", "Chisinau": "Moldova", "Copenhagen": "Denmark", "Damascus": "Syria", "Dhaka": "Bangladesh",
    "Doha": "Qatar", "Dublin": "Ireland", "Hanoi": "Vietnam", "Havana": "Cuba", "Helsinki": "Finland",
    "Islamabad": "Pakistan", "Jakarta": "Indonesia", "Kabul": "Afghanistan", "Khartoum": "Sudan", "Kyiv": "Ukraine",
    "Lima": "Peru", "Lisbon": "Portugal", "Ljubljana": "Slovenia", "London": "Britain", "Madrid": "Spain",
    "Manila": "Philippines", "Minsk": "Belarus", "Moscow": "Russia", "Nairobi": "Kenya", "New Delhi": "India",
    "Delhi": "India", "Nicosia": "Cyprus", "Oslo": "Norway", "Ottawa": "Canada", "Paris": "France",
    "Prague": "Czech Republic", "Pretoria": "South Africa", "Pyongyang": "North Korea", "Quito": "Ecuador",
    "Rabat": "Morocco", "Reykjavik": "Iceland", "Riga": "Latvia", "Riyadh": "Saudi Arabia", "Rome": "Italy",
    "Santiago": "Chile", "Sarajevo": "Bosnia", "Seoul": "South Korea", "Sofia": "Bulgaria", "Stockholm": "Sweden",
    "Taipei": "Taiwan", "Tallinn": "Estonia", "Tbilisi": "Georgia", "Tehran": "Iran", "Tirana": "Albania",
    "Tokyo": "Japan", "Tripoli": "Libya", "Tunis": "Tunisia", "Vienna": "Austria", "Vilnius": "Lithuania",
    "Warsaw": "Poland", "Washington": "United States US America", "Yerevan": "Armenia", "Zagreb": "Croatia",
}  # fmt: skip
